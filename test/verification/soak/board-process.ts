import { PacedLine } from '../../../simulator/serial/paced-line';
import { seededRandom, type Direction } from '../../../simulator';
import { faultyDevice } from '../../../simulator/faults';
import { ReceivedStream } from '../faults/received-stream';
import { openPty, PortSymlink, type Pty } from '../../harness/port/pty';

/** A report to the parent process. */
export type BoardReport =
  | { readonly kind: 'port'; readonly path: string }
  /** A fault changed bytes, or a restart cut data whose rest the boot noise replaces. */
  | {
      readonly kind: 'hit';
      readonly fault: string;
      readonly direction: Direction;
      readonly at: number;
    }
  /** This process was late: to the driver, the device paused within its output. */
  | { readonly kind: 'late'; readonly at: number };

const RATE = 115_200;
const BOOT_MS = 400;
/** Less than the 30 ms that the driver waits for a prompt behind the response to a line end. */
const LATE_MS = 20;
const CHECK_INTERVAL_MS = 5;

/**
 * A simulated ESP32 behind a pty, in its own process: `board-process.ts SEED`. Each message of the parent is a fault to
 * inject; an empty one ends all faults.
 */
function main([seed = '']: readonly string[]): void {
  const port = new PortSymlink();
  const stream = new ReceivedStream();
  let pty: Pty | undefined;
  const { device, faults } = faultyDevice({
    firmware: 'D',
    joined: true,
    bootMs: BOOT_MS,
    baud: RATE,
    random: seededRandom(Number(seed)),
    uart: new PacedLine().factory,
    output: (bytes) => {
      stream.received(bytes);
      pty?.write(bytes);
    },
  });
  faults.port = {
    unplug: () => {
      port.remove();
      void pty?.close();
      pty = undefined;
    },
    plugIn: () => {
      pty ??= openPty((chunk) => device.write(chunk));
      port.point(pty.path);
    },
  };
  faults.port.plugIn();
  process.on('message', (fault: unknown) => {
    if (fault === '') faults.clear();
    else if (typeof fault === 'string')
      faults.inject(fault, undefined, ({ fault: named, place }) => {
        const hit = (direction: Direction) =>
          report({ kind: 'hit', fault: named, direction, at: Date.now() });
        if (place.kind === 'bytes') hit(place.direction);
        else if (named === 'restart' || named === 'power-cycle') stream.cut(() => hit('to-host'));
      });
  });
  let checked = performance.now();
  setInterval(() => {
    const late = performance.now() - checked - CHECK_INTERVAL_MS;
    if (late > LATE_MS) report({ kind: 'late', at: Date.now() });
    checked = performance.now();
  }, CHECK_INTERVAL_MS);
  process.once('disconnect', () => {
    port.close();
    process.exit();
  });
  report({ kind: 'port', path: port.path });
}

function report(message: BoardReport): void {
  process.send?.(message);
}

main(process.argv.slice(2));
