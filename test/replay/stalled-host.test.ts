import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../driver';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import { HostLoop } from '../harness/host-loop';
import { ignored, onLossyLine } from './lossy-line';

/** A link in use on a line that loses bytes, on a host whose event loop is blocked again and again. */
async function recordingOf(seed: number): Promise<string> {
  const { harness, line, random } = onLossyLine(seed);
  const host = new HostLoop(harness.clock);
  const device = new Device({ port: host.port(harness.port), clock: host, random });
  device.start();
  ignored(device.links[0].open({ uri: 'ws://h/echo', keepOpen: true }));
  await harness.clock.advance(5000);
  line.lossRate = 0.05;
  for (let step = 0; step < 40; step++) {
    ignored(device.links[0].send('m'.repeat(Math.floor(random() * 200))));
    const longest = random() < 0.5 ? 100 : 1500;
    if (random() < 0.5) host.block(random() * longest, random() * 20);
    await harness.clock.advance(random() * 1000);
  }
  const text = device.recording(`seed ${seed}`);
  ignored(device.stop());
  await harness.clock.advance(5000);
  await harness.end();
  return text;
}

describe('a recording of a host with a blocked event loop', () => {
  it('has no difference in its replay, however late each timer fired', async () => {
    let late = 0;
    let resyncs = 0;
    for (let seed = 1; seed <= 24; seed++) {
      const recording = parseDriverRecording(await recordingOf(seed));
      late += recording.lines.filter((line) => 'late' in line).length;
      resyncs += recording.lines.filter(
        (line) => 'event' in line && line.event === 'outofsync',
      ).length;
      assert.equal((await replayDriver(recording)).difference, undefined, `seed ${seed}`);
    }
    assert.ok(late > 100, `${late} late timers`);
    assert.ok(resyncs > 50, `${resyncs} resyncs`);
  });
});
