import { portAt, type Port } from '../../driver';
import { median, type Effort } from '../suite';
import { startBoard } from './board/board';

/** Count of round trips. */
const ROUND_TRIPS = 100;
/** Between round trips: a port that is never idle answers sooner than one with single messages. */
const PAUSE_MS = 10;

/** Milliseconds from a write into a pty to the read of the other process's echo. */
interface PtyRoundTrip {
  readonly median: number;
  readonly mean: number;
}

export async function ptyRoundTrip({ smoke }: Effort): Promise<PtyRoundTrip> {
  const board = startBoard();
  const { path } = await board.ask({ kind: 'mirror' });
  let back: () => void = () => undefined;
  const handlers = { data: () => back(), lost: () => back() };
  const port: Port = await portAt(path, { rate: 3_000_000 }).open(handlers, {
    flowControl: false,
  });
  const timesMs: number[] = [];
  for (let turn = 0; turn < (smoke ? 5 : ROUND_TRIPS); turn++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const before = performance.now();
    const answered = new Promise<void>((resolve) => (back = resolve));
    port.write(Buffer.from('x'));
    await answered;
    timesMs.push(performance.now() - before);
  }
  await port.close();
  await board.end();
  const sum = timesMs.reduce((all, each) => all + each, 0);
  return { median: median(timesMs), mean: sum / timesMs.length };
}
