import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Direction } from './fault-port';
import { attempt, record } from './fault-run';
import { faultKind } from './faults';
import { scriptNamed } from './scripts';

/** Regressions: a fault and its byte, by the text around it. */
const regressions: readonly {
  readonly what: string;
  readonly script: string;
  readonly fault: string;
  readonly direction: Direction;
  readonly text: string;
  /** Index of the byte in the text. */
  readonly index: number;
}[] = [
  {
    what: 'a corrupt name in the list of commands: the driver still finds WebSocket support',
    script: 'initialize-d',
    fault: 'flipped-1:to-host',
    direction: 'to-host',
    text: '"AT+WSOPEN"',
    index: 9,
  },
  {
    what: 'a restart between two commands of an open sequence: open() settles',
    script: 'open-c',
    fault: 'restart:to-host',
    direction: 'to-host',
    text: '\r\nOK\r\n+WS_CONNECTED:0',
    index: 4,
  },
  {
    what: 'a corrupt link number in AT+WSOPEN: the right link opens',
    script: 'open-d',
    fault: 'flipped-1:to-device',
    direction: 'to-device',
    text: 'AT+WSOPEN=0',
    index: 10,
  },
  {
    what: 'a corrupt AT+WSDATAFMT: the driver sets the data format again',
    script: 'open-d',
    fault: 'lost:to-device',
    direction: 'to-device',
    text: 'AT+WSDATAFMT=0,0,55',
    index: 18,
  },
  {
    what: 'a received length that grew: the driver still receives the data behind it',
    script: 'receive-c',
    fault: 'inserted-30:to-host',
    direction: 'to-host',
    text: '+WS_DATA:0,14,',
    index: 13,
  },
  {
    what: 'a received length that grew: it does not take in a response',
    script: 'both-ways-c',
    fault: 'inserted-30:to-host',
    direction: 'to-host',
    text: '+WS_DATA:0,6,in one',
    index: 12,
  },
  {
    what: 'the first message of a server is corrupt and comes before the OK of the open: its loss is reported',
    script: 'greeting-d',
    fault: 'inserted-0d:to-host',
    direction: 'to-host',
    text: '+WS_DATA:0,1,1,2,2,hi',
    index: 6,
  },
  {
    what: 'a frame of class D whose length grew: the loss is reported before the next message',
    script: 'two-links-d',
    fault: 'doubled:to-host',
    direction: 'to-host',
    text: '+WS_DATA:1,1,1,6,6,to one',
    index: 15,
  },
  {
    what: 'an empty final frame whose announced length grew: the driver pads its prompt',
    script: 'send-fragments-d',
    fault: 'inserted-30:to-device',
    direction: 'to-device',
    text: 'AT+WSSEND=0,0,0',
    index: 12,
  },
  {
    what: 'a ping without payload whose length grew: the driver pads its prompt, and says so',
    script: 'closed-by-server-d',
    fault: 'lost:to-device',
    direction: 'to-device',
    text: 'AT+WSSEND=0,0,9',
    index: 13,
  },
  {
    what: 'a URC whose line end was lost: the driver acts before the next byte',
    script: 'reconnect-c',
    fault: 'lost:to-host',
    direction: 'to-host',
    text: '+WS_CONNECTED:0\r\n',
    index: 15,
  },
  {
    what: 'a reconnect reported for another link: the driver finds it by asking',
    script: 'reconnect-d',
    fault: 'flipped-0:to-host',
    direction: 'to-host',
    text: '+WS_CONNECTED:0\r\n',
    index: 14,
  },
  {
    what: 'a lost last byte of a payload: the outcome is not sent',
    script: 'send-c',
    fault: 'lost:to-device',
    direction: 'to-device',
    text: '\r\nOK\r\n>',
    index: 6,
  },
  {
    what: 'a close frame whose length was corrupt: it does not take in AT+RST',
    script: 'close-d',
    fault: 'lost:to-device',
    direction: 'to-device',
    text: 'AT+WSSEND=0,2,8',
    index: 13,
  },
];

describe('a single fault that once broke an invariant', () => {
  for (const { what, script: name, fault, direction, text, index } of regressions) {
    it(what, async () => {
      const script = scriptNamed(name);
      const recording = await record(script);
      const whole = recording.units[direction].map((unit) => unit.text).join('');
      const start = whole.indexOf(text, recording.from[direction]);
      assert.ok(start >= 0, `no end wrote ${text}`);
      const outcome = await attempt(script, {
        kind: faultKind(fault),
        at: start + index,
        recording,
      });
      assert.ok(outcome.applied);
      assert.deepEqual(outcome.violations, []);
    });
  }

  it('a hang during initialization: the driver restarts the device', async () => {
    const script = scriptNamed('initialize-c');
    const outcome = await attempt(script, {
      kind: faultKind('outcome-hang'),
      at: 0,
      recording: await record(script),
    });
    assert.ok(outcome.applied);
    assert.deepEqual(outcome.violations, []);
  });
});
