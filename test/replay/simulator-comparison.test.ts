import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DeviceTokens } from '../../replay/device-tokens';
import { parseDriverRecording, type DriverRecording } from '../../replay/recording-file';
import { compareWithSimulator } from '../../replay/simulator-comparison';
import { firmwareClasses, type FirmwareClass } from '../../simulator';
import { Harness } from '../harness/harness';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';
import { OWN_RECORDINGS } from '../verification/conformance/files';
import { ignored } from './lossy-line';

/** Holds less than the recording. */
const SMALL_RECORDER_BYTES = 6000;

/** Two links with messages each way, one longer than a read of the device. The server drops the first, the host closes the other. */
async function recordingOf(firmware: FirmwareClass, recorderBytes?: number): Promise<string> {
  const device = recorderBytes === undefined ? {} : { recorderBytes };
  const harness = new Harness({ firmware, device, serial: { baudRate: 115_200 } });
  await harness.ready();
  const [first, second] = harness.device.links;
  const { clock, server } = harness;
  ignored(first.open({ uri: 'ws://user:secret-4711@h/echo', keepOpen: true }));
  ignored(second.open({ uri: 'ws://h/echo', headers: [{ name: 'X-Key', value: 'key-4711' }] }));
  await clock.advance(3000);
  ignored(first.send('one'));
  ignored(second.send('m'.repeat(1500)));
  ignored(first.send(Buffer.from([0, 255, 13, 10]), { opcode: 2 }));
  await clock.advance(1000);
  server.connections[0]?.drop();
  // The device reconnects.
  await clock.advance(16_000);
  ignored(first.send('two'));
  ignored(second.send('three'));
  await clock.advance(2000);
  ignored(second.close());
  await clock.advance(2000);
  const text = harness.device.recording(`class ${firmware}`);
  await harness.end();
  return text;
}

/** The recording with another last letter of a text in the device's output. */
function altered(
  recording: DriverRecording,
  said: string,
): { changed: DriverRecording; line: number } {
  const index = recording.lines.findIndex((line) => 'device' in line && line.device.includes(said));
  const line = recording.lines[index];
  assert.ok(line && 'device' in line);
  const device = line.device.replace(said, `${said.slice(0, -1)}~`);
  const changed = { ...recording, lines: recording.lines.with(index, { ...line, device }) };
  return { changed, line: index + 2 };
}

describe('tokens of a device', () => {
  it('hold data in the default format again after a restart', () => {
    const tokens = new DeviceTokens();
    tokens.hostWrote('AT+WSDATAFMT=0,0,55\r\n');
    const long = tokens.deviceWrote('\r\nOK\r\n+WS_DATA:0,1,1,5,5,hello\r\n');
    const short = tokens.deviceWrote('\r\nready\r\n+WS_DATA:0,5,hello\r\n');
    const texts = [long, short].map((found) => found.map(({ text }) => text));
    assert.deepEqual(texts, [
      ['OK', '+WS_DATA:0,1,true,5,hello'],
      ['ready', '+WS_DATA:0,hello'],
    ]);
  });
});

describe('a recording of the driver against the simulated device', () => {
  for (const firmware of firmwareClasses) {
    it(`shows no difference where the device was the simulated one, class ${firmware}`, async () => {
      const recording = parseDriverRecording(await recordingOf(firmware));
      assert.equal(await compareWithSimulator(recording), undefined);
    });
  }

  it('shows no difference where the device held the certificates already, and the rate of the port was its own', async () => {
    const { certificate, key } = makeIdentity(makeAuthority('CA'), 'client');
    const certificates = [{ slot: 0, ca: '', certificate, key }];
    const held = (space: string, slot: number, text: string) =>
      ({ space, key: `${space}.${slot}`, type: 8, text }) as const;
    const flash = [
      held('wss_cert', 0, `${certificate.trimEnd()}\n\0`),
      held('wss_cert', 7, 'certificate'),
      ...[0, 7].map((slot) => held('wss_key', slot, 'key')),
    ];
    const harness = new Harness({
      serial: { baudRate: 57_600, rtsCts: true },
      simulator: { baud: 57_600, flash },
      device: { certificates, negotiatedRate: 'automatic' },
    });
    const { clock, device, link } = harness;
    await harness.ready();
    await clock.advance(60_000);
    await clock.wait(link.open({ uri: 'ws://h/echo', config: { auth: 1, pki: 7 } }));
    const recording = parseDriverRecording(device.recording());
    await harness.end();
    const host = recording.lines.map((line) => ('host' in line ? line.host : '')).join('');
    assert.match(host, /AT\+SYSMFG=1[^]*AT\+WSCFG=0,.*,1,7,0\r/);
    assert.doesNotMatch(host, /AT\+SYSMFG=2/);
    assert.equal(await compareWithSimulator(recording), undefined);
  });

  it('shows no difference after a reset by the port, whose device boots longer than the simulated one', async () => {
    const harness = new Harness({
      serial: { baudRate: 115_200, resetWired: true },
      simulator: { bootMs: 450 },
      device: { rtsReset: true },
    });
    const { clock, device } = harness;
    device.start();
    await clock.advance(20);
    // RTS resets a device that is not identified yet.
    await clock.wait(device.restart());
    await clock.wait(device.ready());
    await clock.advance(5000);
    const recording = parseDriverRecording(device.recording());
    await harness.end();
    assert.ok(recording.lines.some((line) => 'port' in line && line.port === 'reset'));
    assert.equal(await compareWithSimulator(recording), undefined);
  });

  /** A ready device that restarts by itself. @param act before that, while the device is not identified */
  async function restartAfter(act: (harness: Harness) => Promise<unknown>) {
    const serial = { baudRate: 115_200, resetWired: true };
    const harness = new Harness({ serial, device: { rtsReset: true } });
    const { clock, device, simulator } = harness;
    device.start();
    await clock.advance(20);
    await act(harness);
    await clock.wait(device.ready());
    await clock.advance(5000);
    simulator.restart();
    await clock.advance(1000);
    await clock.wait(device.ready());
    await clock.advance(5000);
    const recording = parseDriverRecording(device.recording());
    await harness.end();
    return recording;
  }

  it('shows no difference where the device restarts by itself after a reset by the port has failed', async () => {
    const { heading, lines } = await restartAfter(() => Promise.resolve());
    const at = lines.findLast((line) => 'event' in line && line.event === 'restart')?.at ?? 0;
    const before = lines.filter((line) => line.at < at - 1000);
    const failed = [
      { at: at - 1000, port: 'reset' },
      { at: at - 1000, port: 'resetFailed', error: 'PORT_FAILED' },
    ] as const;
    const changed = [...before, ...failed, ...lines.slice(before.length)];
    assert.equal(await compareWithSimulator({ heading, lines: changed }), undefined);
  });

  it('shows no difference where the device restarts by itself after a reset whose `ready` found the port closed', async () => {
    const recording = await restartAfter(async ({ clock, device }) => {
      await clock.wait(device.restart());
      await clock.wait(device.disconnect());
      await clock.advance(1000);
      device.start();
    });
    assert.ok(recording.lines.some((line) => 'port' in line && line.port === 'resetDone'));
    assert.equal(await compareWithSimulator(recording), undefined);
  });

  it('shows a byte that differs in a response, and none in data of a server', async () => {
    const recording = parseDriverRecording(await recordingOf('D'));
    for (const said of ['SEND OK', 'SDK version', 'mmmm']) {
      const { changed, line } = altered(recording, said);
      const found = await compareWithSimulator(changed);
      if (said === 'mmmm') assert.equal(found, undefined, 'what a server sends is its own');
      else assert.deepEqual([found?.line, found?.what], [line, 'other'], said);
    }
  });

  it('shows output that the simulated device lacks', async () => {
    const recording = parseDriverRecording(await recordingOf('C'));
    const index = recording.lines.findIndex(
      (line) => 'device' in line && line.device.includes('SEND OK'),
    );
    const line = recording.lines[index];
    assert.ok(line && 'device' in line);
    const device = `${line.device}+WS_CONNECTED:2\r\n`;
    const lines = recording.lines.with(index, { ...line, device });
    const found = await compareWithSimulator({ ...recording, lines });
    assert.deepEqual(found, {
      line: index + 2,
      what: 'missing',
      expected: '+WS_CONNECTED:2',
      got: '',
    });
  });

  it('shows output that the recorded device lacks at the end of a stream, and a stream that it lacks', async () => {
    const { heading, lines } = parseDriverRecording(await recordingOf('D'));
    const end = (lines.at(-1)?.at ?? 0) + 4000;
    const opening = lines.findIndex((line) => 'host' in line && line.host.includes('AT+WSOPEN=1'));
    const opened = lines.slice(0, opening + 4);
    const last = lines.findLastIndex((line) => 'device' in line && line.device.includes('OK\r\n'));
    for (const [part, from, said] of [
      [lines, last, 'OK\r\n'],
      [opened, 0, '+WS_CONNECTED:1\r\n'],
    ] as const) {
      const shorter = part.map((line, index) =>
        'device' in line && index >= from
          ? { ...line, device: line.device.replace(said, '') }
          : line,
      );
      assert.notDeepEqual(shorter, part);
      const found = await compareWithSimulator({
        heading,
        lines: [...shorter, { at: end, random: 0 }],
      });
      assert.deepEqual([found?.what, `${found?.got}\r\n`], ['extra', said]);
    }
  });

  for (const name of ['echo-class-A', 'echo-class-D']) {
    it(`shows no difference in the kept recording ${name}, and one where a byte is altered`, async () => {
      const file = join(OWN_RECORDINGS, 'driver', `${name}.jsonl`);
      const recording = parseDriverRecording(readFileSync(file, 'utf8'));
      assert.equal(await compareWithSimulator(recording), undefined);
      const { changed } = altered(recording, 'AT version');
      assert.match((await compareWithSimulator(changed))?.expected ?? '', /^AT versio~/);
    });
  }

  it('finds the byte that the port lost in a kept recording', async () => {
    const file = join(OWN_RECORDINGS, 'driver', 'lost-send-ok.jsonl');
    const found = await compareWithSimulator(parseDriverRecording(readFileSync(file, 'utf8')));
    assert.deepEqual([found?.what, found?.expected, found?.got], ['other', 'SEND O', 'SEND OK']);
  });

  for (const firmware of firmwareClasses) {
    it(`starts at a snapshot with the links that were open, class ${firmware}`, async () => {
      const recording = parseDriverRecording(await recordingOf(firmware, SMALL_RECORDER_BYTES));
      assert.equal(recording.heading.driver.from, 'snapshot');
      const snapshot = recording.lines.find((line) => 'snapshot' in line);
      assert.ok(snapshot && snapshot.links.length > 0);
      assert.equal(await compareWithSimulator(recording), undefined);
      const { changed, line } = altered(recording, 'OK');
      const found = await compareWithSimulator(changed);
      assert.deepEqual([found?.line, found?.what], [line, 'other']);
    });
  }

  it('refuses a recording that starts in the middle', async () => {
    const recording = parseDriverRecording(await recordingOf('D'));
    const driver = { ...recording.heading.driver, from: 'middle' as const };
    const heading = { ...recording.heading, driver };
    await assert.rejects(compareWithSimulator({ ...recording, heading }), /has no snapshot/);
  });
});
