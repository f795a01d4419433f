import { firmwareClasses, seededRandom } from '../../simulator';
import { Harness, type HarnessOptions } from '../harness/harness';

/** A harness on a line that loses one byte of a write of the device, with the probability `line.lossRate`; first 0. */
export function onLossyLine(seed: number, options: HarnessOptions = {}) {
  const random = seededRandom(seed);
  const line = { lossRate: 0 };
  const harness: Harness = new Harness({
    seed,
    firmware: firmwareClasses[seed % firmwareClasses.length] ?? 'D',
    serial: { baudRate: 115_200 },
    simulator: {
      output: (bytes) => {
        const at = Math.floor(random() * bytes.length);
        const isCut = random() < line.lossRate;
        harness.port.deliver(
          isCut ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]) : bytes,
        );
      },
    },
    ...options,
  });
  return { harness, line, random };
}

/** Ignores how a promise ends. */
export const ignored = (promise: Promise<unknown>): void => void promise.catch(() => undefined);
