import { Recorder } from '../../../driver/recorder/recorder';
import { SecretSet } from '../../../driver/recorder/secret-set';
import { secretsOfDevice } from '../../../driver/recorder/secrets';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

export type Direction = 'host' | 'device';

export const port = { address: 'memory', open: () => Promise.reject(new Error()) };

/** The secrets of a device whose network has this password. */
export const secretsWith = (password: string) =>
  new SecretSet(secretsOfDevice({ port, wifi: { ssid: 'net', password } }));

/** Records the chunks of one direction; returns what the recorder keeps of each, one character a byte. */
export function kept(
  secrets: SecretSet,
  chunks: readonly Uint8Array[],
  direction: Direction = 'device',
): string[] {
  const recorder = new Recorder(2 ** 20, new VirtualClock(), secrets);
  for (const chunk of chunks)
    if (direction === 'host') recorder.wrote(chunk);
    else recorder.received(chunk);
  const lines = [...recorder.lines().map(({ line }) => line), ...recorder.heldLines()];
  return lines.map((line) => ('host' in line ? line.host : 'device' in line ? line.device : ''));
}

/** Cuts bytes at some places. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = places.map((place) => place % bytes.length).sort((a, b) => a - b);
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length));
}
