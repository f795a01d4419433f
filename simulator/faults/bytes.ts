import type { Random } from '../random';
import { fault, type WithDefaults } from './builders';
import type { Fault, FaultCallbacks, FaultSettings, FaultSite } from './fault';
import type { Tap } from './wire';
import { type Direction, directions } from '../serial/direction';

interface ByteFault {
  readonly name: string;
  readonly description: string;
  /** Whether the fault changes `count` bytes in a row; otherwise only `change` uses `count`. */
  readonly inRow: boolean;
  /** Returns the bytes that replace `byte`. */
  change(byte: number, random: Random, count: number): Buffer;
}

/** A fault that changes bytes on the wire: the next one, the byte at an offset, or each with a probability. */
export function byteFault(kind: ByteFault): Fault {
  return fault({
    name: kind.name,
    group: 'line',
    description: kind.description,
    takes: ['delay', 'direction', 'offset', 'chance', 'count'],
    defaults: { count: 1 },
    lasting: false,
    start(site, settings, run) {
      const removals = directionsOf(settings).map((direction) =>
        addTap(site, { ...settings, direction }, run, kind),
      );
      return () => {
        for (const remove of removals) remove();
      };
    },
  });
}

function directionsOf({ direction, chance }: FaultSettings): readonly Direction[] {
  if (direction) return [direction];
  return chance === undefined ? ['to-host'] : directions;
}

function addTap(
  site: FaultSite,
  {
    direction,
    offset = 0,
    chance,
    count,
  }: WithDefaults<Pick<FaultSettings, 'direction' | 'count'>>,
  run: FaultCallbacks,
  kind: ByteFault,
): () => void {
  const wire = site.serialLine.wire(direction);
  const rowLength = kind.inRow ? count : 1;
  let leftInRow = rowLength;
  const untilNextRow = () => (chance === undefined ? Infinity : bytesUntil(chance, run.random));
  const tap: Tap = {
    next: wire.offset + offset + (chance === undefined ? 0 : bytesUntil(chance, run.random)),
    act({ byte, offset: at, chunk, index }) {
      const received = kind.change(byte, run.random, count);
      leftInRow--;
      tap.next = at + 1 + (leftInRow > 0 ? 0 : untilNextRow());
      const applies = run.hit({
        kind: 'bytes',
        direction,
        offset: at,
        chunk,
        index,
        sent: Buffer.of(byte),
        received,
      });
      if (leftInRow === 0) {
        leftInRow = rowLength;
        if (chance === undefined) run.over();
      }
      return { kind: 'replace', bytes: applies ? received : Buffer.of(byte) };
    },
  };
  return wire.tap(tap);
}

/** Count of bytes before the next affected one, when each has the probability `chance`. */
function bytesUntil(chance: number, random: Random): number {
  return chance >= 1 ? 0 : Math.floor(Math.log(1 - random()) / Math.log1p(-chance));
}
