import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Harness } from '../../harness/harness';
import { userNode, wholeFlow } from '../../harness/nodes/flows';
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

  const isOpenTo =
    ({ link }: Harness, uri: string) =>
    () =>
      link.stateNumber === 2 && link.uri === uri;

  for (const type of ['nodes', 'flows'] as const)
    for (const milliseconds of [0, 1000, 14_000, 15_500])
      it(`opens to the corrected URI, ${type}, ${milliseconds} ms into the attempt`, async () => {
        const made = await beginTo(SILENT);
        const { clock, port, until, connections } = made;
        await until(() => port.text.includes('AT+WSOPEN=0,'), 20_000);
        await clock.advance(milliseconds);
        await nodeRed.deploy(flowTo(URI), type);
        await until(isOpenTo(made, URI), 120_000);
        await clock.advance(60_000);
        assert.deepEqual(connections(), ['/echo true']);
      });

  it('is open again after three quick deploys', async () => {
    const made = await beginTo(URI);
    const { clock, until, connections } = made;
    await until(isOpenTo(made, URI), 20_000);
    for (const path of ['one', 'two', 'three']) {
      await nodeRed.deploy(flowTo(`ws://host/${path}`), 'nodes');
      await clock.advance(5);
    }
    await until(isOpenTo(made, 'ws://host/three'), 120_000);
    await clock.advance(60_000);
    const open = connections().filter((each) => each.endsWith(' true'));
    assert.deepEqual(open, ['/three true']);
  });

  const RIVAL = 'ws://host/rival';
  const rival = userNode('rival', 'ws-open', { uri: RIVAL, keepOpen: true, replace: true });

  it('has its link again 0.5 s after a node that took it over is deleted', async () => {
    const made = await beginTo(URI);
    await nodeRed.deploy([...flowTo(URI), rival], 'nodes');
    await made.until(isOpenTo(made, RIVAL), 20_000);
    await nodeRed.deploy(flowTo(URI), 'nodes');
    await made.until(isOpenTo(made, URI), 2000);
  });

  it('tries again when a node is deleted that waited for its attempt to end', async () => {
    const { clock, count, until } = await beginTo(SILENT);
    const attempts = () => count(`AT+WSOPEN=0,"${SILENT}"`);
    await until(() => attempts() === 1, 20_000);
    await nodeRed.deploy([...flowTo(SILENT), rival], 'nodes');
    await clock.advance(50);
    await nodeRed.deploy(flowTo(SILENT), 'nodes');
    await until(() => attempts() === 2, 60_000);
  });

  it('leaves a link closed that a ws-close had closed before that node is deleted', async () => {
    const made = await beginTo(URI);
    const { clock, link, until } = made;
    await nodeRed.deploy([...flowTo(URI), rival], 'nodes');
    await until(isOpenTo(made, RIVAL), 20_000);
    nodeRed.give('close', { linkId: 0 });
    await until(() => link.stateNumber === 0, 20_000);
    await nodeRed.deploy(flowTo(URI), 'nodes');
    await clock.advance(60_000);
    assert.deepEqual([link.stateNumber, link.uri], [0, RIVAL]);
  });
});
