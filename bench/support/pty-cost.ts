import { portAt, type Port } from '../../driver';
import { median, type Effort } from '../suite';
import { startBoard } from './board/board';

/** Round trips that are measured. */
const TURNS = 100;
/** Milliseconds between them: a line that is never idle answers sooner than one on which messages go. */
const PAUSE_MS = 10;

/** Milliseconds from a write into a pty until what another process wrote back is read. */
export interface PtyRoundTrip {
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
  const taken: number[] = [];
  for (let turn = 0; turn < (smoke ? 5 : TURNS); turn++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const before = performance.now();
    const answered = new Promise<void>((resolve) => (back = resolve));
    port.write(Buffer.from('x'));
    await answered;
    taken.push(performance.now() - before);
  }
  await port.close();
  await board.end();
  const sum = taken.reduce((all, each) => all + each, 0);
  return { median: median(taken), mean: sum / taken.length };
}
