import assert from 'node:assert/strict';
import { on } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { asObject, bareExamples } from '../package/project';
import { Demo, type NodeRedMajor } from './demo';
import { exampleIn } from './example';

const majors: readonly NodeRedMajor[] = ['4', '5'];

for (const nodeRed of majors) {
  // start.test.ts tests the example that `npm start` runs.
  describe(`examples in Node-RED ${nodeRed}, all in one`, () => {
    let demo: Demo;
    before(async () => {
      demo = await Demo.start({ nodeRed, flows: [...bareExamples().values()].flat() });
    });
    after(() => demo.dispose());

    const example = (start: string) => exampleIn(demo, start);

    it('Binary and fragments: echoes byte for byte', async () => {
      const { press, shows, debug } = example('Binary');
      await press('all byte values');
      await shows('echo', '256 bytes of binary: the same');
      await press('64 KiB');
      await shows('echo', '65536 bytes of binary: the same');
      await press('text with umlauts');
      await shows('echo', '20 bytes of text: the same');
      await press('in three parts');
      await shows('echo', '13 bytes of text: the same');
      assert.deepEqual(debug('problem'), []);
    });

    it('Keep open and catch errors: every error with its code; the link reopens', async () => {
      const { press, shows } = example('Keep');
      await shows('connection', 'opened: established');
      await press('send text');
      await shows('received', 'still there?');
      await press('the server closes');
      await shows('connection', 'closed-by-server: closed');
      await shows('connection', /^retrying: closed, again in \d+ s$/);
      await shows('connection', 'reopened: established');
      await press('the flow closes');
      await shows('connection', 'closed: closed');
      await press('open again');
      await press('send on link 2, not open');
      await shows('open it first', 'LINK_NOT_OPEN');
      await press('send on link 7');
      await shows('mend the message', 'INVALID_LINK');
      await press('unknown opcode');
      await shows('mend the message', 'INVALID_OPCODE');
      await press('open without a URI');
      await shows('mend the message', 'INVALID_URI');
      await press('open where no server is');
      await shows('something else', 'OPEN_FAILED');
      await shows(
        'sentence',
        'Link 2 is not open. Open it with ws-open first, or set the node to wait for it.',
      );
    });

    it('Request and reply: each reply belongs to its request', async () => {
      const { press, shows, debug } = example('Request');
      await press('ask three times');
      const sensors = ['temperature', 'humidity', 'pressure'];
      for (const sensor of sensors) await shows('reply', `${sensor}: reply for ${sensor}`);
      assert.equal(debug('reply').length, sensors.length);
      assert.deepEqual(debug('what to do'), []);
    });

    it('Home Assistant: logs in, subscribes, calls a service, and hears of the new state', async () => {
      const { press, shows, debug } = example('Home');
      await shows('result', 'subscribe: done');
      await press('turn the light on');
      await shows('result', 'turn_on: done');
      await shows('states', 'light.kitchen: on');
      await press('turn the light off');
      await shows('states', 'light.kitchen: off');
      assert.deepEqual([debug('other message'), debug('problem')], [[], []]);
    });

    it('OCPP charge point: boots, beats, does what is called, and refuses what it does not know', async () => {
      const { press, shows, debug } = example('OCPP');
      await shows('answer', /^BootNotification: .*"interval":300,"status":"Accepted"/);
      await press('heartbeat');
      await shows('answer', /^Heartbeat: {"currentTime":"20/);
      await press('remote start');
      await shows('called', 'RemoteStartTransaction {"idTag":"card"}');
      await shows('result of the call', '[3,"r1",{"status":"Accepted"}]');
      await press('unknown call');
      await shows('result of the call', '[4,"r2","NotImplemented","",{}]');
      assert.deepEqual(debug('problem'), []);
    });

    it('JSON-RPC: each call gets its own result, or its error', async () => {
      const { press, shows, debug } = example('JSON-RPC');
      await press('add 2 and 3');
      await shows('result', '2 + 3 = 5');
      await press('unknown method');
      await shows('error', 'sing: Method not found');
      await press('three at once');
      for (const sum of ['1 + 1 = 2', '2 + 2 = 4', '3 + 3 = 6']) await shows('result', sum);
      await shows('notification', /"method":"progress"/);
      assert.equal(debug('result').length, 4);
      assert.deepEqual(debug('problem'), []);
    });

    it('Status and polling: changes, answers and the device', async () => {
      const { press, shows, debug } = example('Status');
      await press('open');
      await shows('changes', 'link 0: opened, established');
      await press('ask the device');
      await shows('device', /"payload":"ready".*"links":\[2,0,0\],"firmware":"D"/);
      await shows('polled', 'established');
      await press('close');
      await shows('changes', 'link 0: closed, closed');
      assert.deepEqual(debug('problem'), []);
    });

    it('Store and forward: the readings of an outage arrive in order', async () => {
      const { press, shows, debug } = example('Store');
      await press('take five readings');
      await shows('received', 'reading 5');
      await press('cut the connection');
      await shows('connection', 'closed');
      await press('take five readings');
      await press('connect again');
      await shows('received', 'reading 10');
      const all = Array.from({ length: 10 }, (_, index) => `reading ${index + 1}`);
      assert.deepEqual(debug('received'), all);
      assert.deepEqual(debug('problem'), []);
    });

    it('Three links at once: each with its own server', async () => {
      const { press, shows, debug } = example('Three');
      await press('open all');
      for (const link of [0, 1, 2]) await shows('states', `link ${link} is established`);
      await press('send to link 0');
      await press('send to link 1');
      await shows('from link 0', 'to the echo');
      await shows('from link 1', 'TO THE CAPITALS');
      await shows('from link 2', /^\d\d:\d\d:\d\d$/);
      assert.deepEqual([debug('from link 0').length, debug('from link 1').length], [1, 1]);
      await press('close all');
      for (const link of [0, 1, 2]) await shows('states', `link ${link} is closed`);
      assert.deepEqual(debug('problem'), []);
    });

    it('Live sensor on a plain page: readings to the page, the switch back to the device', async () => {
      const { shows, debug, statusOf } = example('Live sensor on a plain');
      const page = await fetch(new URL('/telemetry', demo.address));
      assert.match(await page.text(), /<title>Telemetry<\/title>/);
      const socket = new WebSocket(new URL('/telemetry/page', demo.address.replace(/^http/, 'ws')));
      const reading = async (fan: boolean) => {
        for await (const [data] of on(socket, 'message')) {
          const values = asObject(JSON.parse(String(data)), 'reading');
          if (values.fan === fan) return values;
        }
        return assert.fail('the page was closed');
      };
      assert.deepEqual(Object.keys(await reading(false)), ['temperature', 'humidity', 'fan']);
      socket.send('{"fan":true}');
      await reading(true);
      await shows('command', /"fan":true/);
      socket.close();
      assert.equal(statusOf('ws-status', 'the link'), `127.0.0.1:${demo.port}`);
      assert.deepEqual(debug('problem'), []);
    });
  });
}
