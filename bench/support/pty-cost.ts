import { openerFor, type Port } from '../../driver';
import { median, type Effort } from '../suite';
import { startFarLine } from './far-line';

/** Turns that are taken. */
const TURNS = 500;

/** Milliseconds from a write into a pty until what another process wrote back is read. */
export async function ptyRoundTrip({ glimpse }: Effort): Promise<number> {
  const line = startFarLine();
  const { path } = await line.ask({ kind: 'mirror' });
  let back: () => void = () => undefined;
  const port: Port = await openerFor(path, { rate: 3_000_000, flowControl: false }).open({
    data: () => back(),
    lost: () => back(),
  });
  const taken: number[] = [];
  for (let turn = 0; turn < (glimpse ? 5 : TURNS); turn++) {
    const before = performance.now();
    const answered = new Promise<void>((resolve) => (back = resolve));
    port.write(Buffer.from('x'));
    await answered;
    taken.push(performance.now() - before);
  }
  await port.close();
  await line.end();
  return median(taken);
}
