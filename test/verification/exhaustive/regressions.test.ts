import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attempt, record } from './fault-run';
import { faultKind } from './faults';
import { scriptNamed } from './scripts';

/** A script, a fault, and its byte: behind the ^ in what one end writes. */
const regressions: Readonly<Record<string, string>> = {
  'a corrupt name in the list of commands: the driver still finds WebSocket support':
    'initialize-d flipped-1:to-host "AT+WSOPE^N"',
  'a restart between two commands of an open sequence: open() settles':
    'open-c restart:to-host \r\nOK^\r\n+WS_CONNECTED:0',
  'a corrupt link number in AT+WSOPEN: the right link opens':
    'open-d flipped-1:to-device AT+WSOPEN=^0',
  'a corrupt AT+WSDATAFMT: the driver sets the data format again':
    'open-d lost:to-device AT+WSDATAFMT=0,0,5^5',
  'a received length that grew: the driver still receives the data behind it':
    'receive-c inserted-30:to-host +WS_DATA:0,14^,',
  'a received length that grew: it does not take in a response':
    'both-ways-c inserted-30:to-host +WS_DATA:0,6^,in one',
  'the first message of a server is corrupt and comes before the OK of the open: its loss is reported':
    'greeting-d inserted-0d:to-host +WS_DA^TA:0,1,1,2,2,hi',
  'a frame of class D whose length grew: the loss is reported before the next message':
    'two-links-d doubled:to-host +WS_DATA:1,1,1,^6,6,to one',
  'an empty final frame whose announced length grew: the driver pads its prompt':
    'send-fragments-d inserted-30:to-device AT+WSSEND=0,^0,0',
  'a ping without payload whose length grew: the driver pads its prompt, and says so':
    'closed-by-server-d lost:to-device AT+WSSEND=0,0^,9',
  'a URC whose line end was lost: the driver acts before the next byte':
    'reconnect-c lost:to-host +WS_CONNECTED:0^\r\n',
  'a reconnect reported for another link: the driver finds it by asking':
    'reconnect-d flipped-0:to-host +WS_CONNECTED:^0\r\n',
  'a lost last byte of a payload: the outcome is not sent': 'send-c lost:to-device \r\nOK\r\n^>',
  'a close frame whose length was corrupt: it does not take in AT+RST':
    'close-d lost:to-device AT+WSSEND=0,2^,8',
};

describe('a single fault that once broke an invariant', () => {
  for (const [what, regression] of Object.entries(regressions)) {
    it(what, async () => {
      const [, name = '', fault = '', text = ''] = /^(\S+) (\S+) (.*)$/s.exec(regression) ?? [];
      const script = scriptNamed(name);
      const recording = await record(script);
      const direction = fault.endsWith(':to-host') ? 'to-host' : 'to-device';
      const whole = recording.units[direction].map((unit) => unit.text).join('');
      const start = whole.indexOf(text.replace('^', ''), recording.from[direction]);
      assert.ok(start >= 0, `no end wrote ${text}`);
      const at = start + text.indexOf('^');
      const outcome = await attempt(script, { kind: faultKind(fault), at, recording });
      assert.ok(outcome.applied);
      assert.deepEqual(outcome.violations, []);
    });
  }

  it('a hang during initialization: the driver restarts the device', async () => {
    const script = scriptNamed('initialize-c');
    const recording = await record(script);
    const outcome = await attempt(script, { kind: faultKind('outcome-hang'), at: 0, recording });
    assert.ok(outcome.applied);
    assert.deepEqual(outcome.violations, []);
  });
});
