import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Harness } from '../../harness/harness';
import { wholeFlow } from '../../harness/nodes/flows';
import { harnessFlow } from '../../harness/nodes/harness-flow';
import { onEachRuntime } from '../../harness/nodes/node-red';

const URI = 'ws://host/echo';
const SILENT = 'ws://host:7/';

onEachRuntime('a ws-open that is kept open and deployed again', (nodeRed) => {
  const begin = harnessFlow(nodeRed);

  /** A flow whose ws-open keeps link 0 open to a URI. Port 7 leads to a host that does not answer. */
  async function beginTo(uri: string): Promise<Harness> {
    const made: Harness = await begin(flowTo(uri), {
      route: ({ port }) =>
        port === 7 ? { kind: 'unroutable' } : { kind: 'server', server: made.server },
    });
    return made;
  }

  const flowTo = (uri: string) => wholeFlow({ open: { link: '0', uri, keepOpen: true } });

  for (const type of ['nodes', 'flows'] as const) {
    for (const milliseconds of [0, 1000, 14_000, 15_500]) {
      it(`opens to the corrected URI, ${type}, ${milliseconds} ms into the attempt`, async () => {
        const { clock, device, server, port } = await beginTo(SILENT);
        await clock.until(() => port.text.includes('AT+WSOPEN=0,'), 20_000);
        await clock.advance(milliseconds);
        await nodeRed.deploy(flowTo(URI), type);
        assert.ok(
          await clock.until(() => device.links[0].stateNumber === 2, 120_000),
          'it stays closed',
        );
        assert.equal(device.links[0].uri, URI);
        await clock.advance(60_000);
        assert.deepEqual(
          server.connections.map(({ request, open }) => `${request.target} ${open}`),
          ['/echo true'],
        );
      });
    }
  }

  it('is open again after three quick deploys', async () => {
    const { clock, device, server } = await beginTo(URI);
    await clock.until(() => device.links[0].stateNumber === 2, 20_000);
    for (const path of ['one', 'two', 'three']) {
      await nodeRed.deploy(flowTo(`ws://host/${path}`), 'nodes');
      await clock.advance(5);
    }
    assert.ok(
      await clock.until(() => device.links[0].stateNumber === 2, 120_000),
      'it stays closed',
    );
    await clock.advance(60_000);
    assert.equal(device.links[0].uri, 'ws://host/three');
    assert.deepEqual(
      server.connections.filter(({ open }) => open).map(({ request }) => request.target),
      ['/three'],
    );
  });

  const rival = {
    id: 'rival',
    type: 'ws-open',
    z: 'tab',
    device: 'device',
    link: '0',
    uri: 'ws://host/rival',
    keepOpen: true,
    replace: true,
    wires: [[], []],
  };

  it('has its link again 0.5 s after a node that took it over is deleted', async () => {
    const { clock, device } = await beginTo(URI);
    const [link] = device.links;
    await nodeRed.deploy([...flowTo(URI), rival], 'nodes');
    await clock.until(() => link.stateNumber === 2 && link.uri === rival.uri, 20_000);
    await nodeRed.deploy(flowTo(URI), 'nodes');
    assert.ok(await clock.until(() => link.stateNumber === 2 && link.uri === URI, 2000));
  });

  it('tries again when a node is deleted that waited for its attempt to end', async () => {
    const { clock, port } = await beginTo(SILENT);
    const attempts = () => port.text.split(`AT+WSOPEN=0,"${SILENT}"`).length - 1;
    await clock.until(() => attempts() === 1, 20_000);
    await nodeRed.deploy([...flowTo(SILENT), rival], 'nodes');
    await clock.advance(50);
    await nodeRed.deploy(flowTo(SILENT), 'nodes');
    assert.ok(await clock.until(() => attempts() === 2, 60_000));
  });

  it('leaves a link closed that a ws-close had closed before that node is deleted', async () => {
    const { clock, device } = await beginTo(URI);
    const [link] = device.links;
    await nodeRed.deploy([...flowTo(URI), rival], 'nodes');
    await clock.until(() => link.stateNumber === 2 && link.uri === rival.uri, 20_000);
    nodeRed.give('close', { linkId: 0 });
    await clock.until(() => link.stateNumber === 0, 20_000);
    await nodeRed.deploy(flowTo(URI), 'nodes');
    await clock.advance(60_000);
    assert.deepEqual([link.stateNumber, link.uri], [0, rival.uri]);
  });
});
