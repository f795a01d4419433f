import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording, type DriverRecording } from '../../replay/recording-file';
import { Harness } from '../harness/harness';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';
import { ignored, onLossyLine } from './lossy-line';

const SECRET = 'secret-4711';
const URI = `ws://user:${SECRET}@h/echo`;

/** Three links in use on a line that loses bytes, on a device that restarts at random. */
async function recordingOf(seed: number, recorderBytes: number): Promise<string> {
  const { harness, line, random } = onLossyLine(seed, { device: { recorderBytes } });
  await harness.ready();
  const { links } = harness.device;
  for (const link of links) ignored(link.open({ uri: URI, keepOpen: true }));
  await harness.clock.advance(3000);
  line.lossRate = 0.003;
  for (let step = 0; step < 40; step++) {
    const link = links[Math.floor(random() * 3)];
    const options = random() < 0.5 ? { holdMs: 5000 } : {};
    if (link) ignored(link.send('m'.repeat(Math.floor(random() * 600)), options));
    if (random() < 0.1) {
      ignored(links[1].close());
      ignored(links[1].open({ uri: 'ws://h/other', keepOpen: true }));
    }
    await harness.clock.advance(random() * 3000);
    if (random() < 0.03) harness.simulator.restart();
  }
  const text = harness.device.recording(`seed ${seed}`);
  await harness.end();
  return text;
}

/** The recording with another line. */
function changed(recording: DriverRecording, index: number, line: object): DriverRecording {
  const { at = 0 } = recording.lines[index] ?? {};
  const text = JSON.stringify({ at, ...line });
  const other = parseDriverRecording(`${JSON.stringify(recording.heading)}\n${text}\n`);
  return { ...recording, lines: recording.lines.with(index, other.lines[0] ?? { at, host: '' }) };
}

describe('replay of a recording of the driver', () => {
  it('has no difference, with faults on the line, on every firmware class', async () => {
    let resyncs = 0;
    for (let seed = 1; seed <= 4; seed++) {
      const text = await recordingOf(seed, 4_000_000);
      assert.ok(!text.includes(SECRET));
      const recording = parseDriverRecording(text);
      assert.equal(recording.heading.driver.from, 'fresh');
      const isResync = (line: object) => 'event' in line && line.event === 'outofsync';
      resyncs += recording.lines.filter(isResync).length;
      assert.equal((await replayDriver(recording)).difference, undefined, `seed ${seed}`);
    }
    assert.ok(resyncs > 0);
  });

  it('has no difference after a change to a port with another rate, also from a snapshot behind it', async () => {
    for (const recorderBytes of [4_000_000, 8000]) {
      const harness: Harness = new Harness({ device: { recorderBytes } });
      const { clock, device } = harness;
      await harness.ready();
      await clock.wait(device.disconnect());
      device.usePort(
        { address: 'other', rate: 9600, open: (handlers) => harness.port.open(handlers) },
        { baudRate: 115_200 },
      );
      device.start();
      await clock.wait(device.ready());
      await clock.wait(device.links[0].open({ uri: URI }));
      for (let count = 0; count < 100; count++) await clock.wait(device.links[0].send('message'));
      const recording = parseDriverRecording(device.recording());
      await harness.end();
      const { from, port } = recording.heading.driver;
      const expected = recorderBytes === 8000 ? ['snapshot', { rate: 9600 }] : ['fresh', {}];
      assert.deepEqual([from, port], expected);
      assert.equal((await replayDriver(recording)).difference, undefined);
    }
  });

  it('has no difference where a queue limit has refused a message for which the recorder had no room', async () => {
    const limit = { messages: 10, bytes: 20_000 };
    const harness = new Harness({ device: { recorderBytes: 30_000, sendLimit: limit } });
    await harness.ready();
    const { clock, device, link } = harness;
    await clock.wait(link.open({ uri: URI }));
    const endings = [1000, 19_500].map((length) => harness.ending(link.send('m'.repeat(length))));
    assert.deepEqual(await Promise.all(endings), ['done', 'QUEUE_FULL']);
    const recording = parseDriverRecording(device.recording());
    await harness.end();
    assert.ok(recording.lines.some((line) => 'cut' in line));
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  it('holds no quoted parameter of Device.command(), and has no difference', async () => {
    const harness = new Harness({ firmware: 'C' });
    await harness.ready();
    const { device, clock } = harness;
    await clock.wait(device.command('AT+CWMODE=1'));
    await clock.wait(device.command(`AT+CWJAP="${SECRET}","no\\"t it"`).catch(() => undefined));
    const text = device.recording();
    await harness.end();
    assert.ok(harness.port.text.includes(`AT+CWJAP="${SECRET}","no\\"t it"\r\n`));
    assert.ok(!text.includes(SECRET));
    assert.ok(!text.includes('t it'));
    const recording = parseDriverRecording(text);
    const commands = recording.lines.flatMap((line) => ('text' in line ? line.text : []));
    assert.deepEqual(commands, ['AT+CWMODE=1', 'AT+CWJAP="***********","**\\,****"']);
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  it('holds no secret that fragments cut while other links send between them, and has no difference', async () => {
    const harness = new Harness({ device: { recorderBytes: 4_000_000 } });
    await harness.ready();
    const { clock, device } = harness;
    for (const link of device.links) await clock.wait(link.open({ uri: URI }));
    for (let inFirst = 1; inFirst < SECRET.length; inFirst++) {
      const message = `${'.'.repeat(16_384 - inFirst)}${SECRET}`;
      const sent = device.links[0].send(message);
      // The client has begun with it. Links that have sent fewer bytes come next.
      const others = [1, 2].map((link) => device.links[link as 1 | 2].send('b'));
      await clock.wait(Promise.all([sent, ...others]));
    }
    const recording = parseDriverRecording(device.recording());
    await harness.end();
    const written = recording.lines.map((line) => ('host' in line ? line.host : '')).join('');
    const fragments = written.matchAll(
      /AT\+WSSEND=0,\d+,1,10000,0\r\n[^]{16384}AT\+WSSEND=[12],1\r\n/g,
    );
    assert.equal(
      [...fragments].length,
      SECRET.length - 1,
      'another link sends behind the first one',
    );
    assert.doesNotMatch(written, /secre|ret-|4711/);
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  it('holds no secret that an open() brings after send() got a message with it, and has no difference', async () => {
    const harness = new Harness({});
    await harness.ready();
    const { clock, device } = harness;
    const [link, other] = device.links;
    const open = (value: string) =>
      link.open({ uri: 'ws://h/echo', headers: [{ name: 'X-Key', value }] });
    await clock.wait(other.open({ uri: 'ws://h/plain' }));
    await clock.wait(other.send(`sent before: ${SECRET}`));
    ignored(open('first-4711'));
    const sent = link.send(`sent after: first-4711 ${SECRET}`, { holdMs: 60_000 });
    await clock.wait(open(SECRET));
    await clock.wait(sent);
    ignored(device.links[2].send(`never sent: third-4711`, { holdMs: 60_000 }));
    await clock.wait(open('third-4711'));
    await clock.advance(1000);
    const text = device.recording();
    await harness.end();
    assert.ok(harness.port.text.includes(`sent after: first-4711 ${SECRET}`));
    assert.match(text, /sent before: \*{11}"[^]*sent after: \*{10} \*{11}"[^]*never sent: \*{10}"/);
    assert.doesNotMatch(text, /(?:first|secret|third)-4711/);
    assert.equal((await replayDriver(parseDriverRecording(text))).difference, undefined);
  });

  it('has no difference where header values are words of the recording, which stay words there', async () => {
    const words = [
      ...[
        'open',
        'send',
        'close',
        'start',
        'stop',
        'command',
        'json',
        'ready',
        'opening',
        'opened',
      ],
      ...['statechange', 'wifi', 'joined', 'unknown', 'sent', 'link', 'LINK_CLOSED', 'driver'],
    ];
    const headers = words.map((value, index) => ({ name: `X-${index}`, value }));
    const harness = new Harness({ device: { recorderBytes: 4_000_000 } });
    await harness.ready();
    const { clock, device, link } = harness;
    for (const some of [headers.slice(0, 9), headers.slice(9)]) {
      await clock.wait(link.open({ uri: 'ws://h/', headers: some, framing: { by: 'json' } }));
      await clock.wait(link.send('text'));
      await clock.wait(device.command('AT+CWMODE?'));
      await clock.wait(link.close());
    }
    const text = device.recording();
    await harness.end();
    for (const line of [
      '"to":"open"',
      '"by":"json"',
      '"linkEvent":"statechange"',
      '"detail":"open',
    ])
      assert.ok(text.includes(line), line);
    assert.equal((await replayDriver(parseDriverRecording(text))).difference, undefined);
  });

  it('has no difference where the password of the network is its name, which the recording does not hold', async () => {
    const wifi = { ssid: SECRET, password: SECRET };
    const harness = new Harness({ device: { wifi }, simulator: { joined: false, wifi: [wifi] } });
    await harness.ready();
    const text = harness.device.recording();
    assert.ok(harness.port.text.includes(`AT+CWJAP="${SECRET}","${SECRET}"`));
    await harness.end();
    assert.ok(!text.includes(SECRET));
    assert.equal((await replayDriver(parseDriverRecording(text))).difference, undefined);
  });

  it('has no difference where send() got an aborted signal, and does not hold the call', async () => {
    const harness = new Harness({});
    await harness.ready();
    const { clock, device, link } = harness;
    await clock.wait(link.open({ uri: URI }));
    const ending = harness.ending(link.send('aborted', { signal: AbortSignal.abort() }));
    assert.equal(await ending, 'ABORTED');
    await clock.wait(link.send('sent'));
    const recording = parseDriverRecording(device.recording());
    await harness.end();
    const calls = recording.lines.filter((line) => 'call' in line && line.to === 'send');
    assert.equal(calls.length, 1);
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  it('has no difference from a snapshot on, when the recorder had no room for the beginning', async () => {
    const recording = parseDriverRecording(await recordingOf(4, 32_000));
    assert.equal(recording.heading.driver.from, 'snapshot');
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  it('has no difference with a private key, which the recording does not hold', async () => {
    const { certificate, key } = makeIdentity(makeAuthority('CA'), 'client');
    const harness = new Harness({
      device: { certificates: [{ slot: 0, ca: '', certificate, key }] },
    });
    await harness.ready();
    const text = harness.device.recording();
    await harness.end();
    for (const line of key.split('\n').slice(1, -2)) assert.ok(!text.includes(line));
    const recording = parseDriverRecording(text);
    assert.ok(recording.lines.some((line) => 'host' in line && line.host.includes('PRIVATE KEY')));
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  it('reports the first line at which the driver writes other bytes, or writes none', async () => {
    const recording = parseDriverRecording(await recordingOf(4, 4_000_000));
    const index = recording.lines.findIndex(
      (line) => 'host' in line && line.host.includes('WSOPEN='),
    );
    const other = await replayDriver(changed(recording, index, { host: 'AT+RST\r\n' }));
    assert.equal(other.difference?.line, index + 2);
    assert.equal(other.difference.what, 'other');
    const answer = recording.lines.findIndex(
      (line, at) => at > index && 'device' in line && line.device.includes('OK'),
    );
    const silent = await replayDriver(changed(recording, answer, { device: '' }));
    assert.notEqual(silent.difference, undefined);
  });

  it('reports a write, and the end of a call, that the recording lacks before its last line', async () => {
    const harness = await new Harness({}).ready();
    const { clock, device } = harness;
    await clock.wait(device.links[0].open({ uri: URI }));
    await clock.wait(device.links[0].send('last'));
    await clock.advance(10_000);
    harness.simulator.inject(Buffer.from('stray\r\n'));
    await clock.advance(100);
    const recording = parseDriverRecording(harness.device.recording('class D'));
    await harness.end();
    assert.equal((await replayDriver(recording)).difference, undefined);
    const { lines } = recording;
    const write = lines.findLastIndex((line) => 'host' in line && line.host === 'last');
    const end = lines.findLastIndex((line) => 'settled' in line);
    const act = lines.findLastIndex((line) => 'device' in line);
    assert.ok(write > 0 && end > write && act > end);
    for (const [index, text] of [
      [write, '"host":"last"'],
      [end, '"settled":'],
    ] as const) {
      const before = lines.slice(0, index);
      const withStray = { ...recording, lines: [...before, ...lines.slice(act)] };
      const { difference } = await replayDriver(withStray);
      assert.equal(difference?.what, 'extra');
      assert.ok(difference.got.includes(text), difference.got);
      const ended = await replayDriver({ ...recording, lines: before });
      assert.equal(ended.difference, undefined, 'the recording may end before the decision');
    }
  });
});
