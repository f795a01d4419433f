import type { LinkId } from '../../../driver/at/types';
import type { LinkStateName } from '../../../driver/link/events';
import type { RecordingLine } from '../../../driver/recorder/lines';

/** A time in which a link had one state, milliseconds. */
interface StripSegment {
  readonly state: LinkStateName;
  readonly from: number;
  readonly to: number;
}

interface Change {
  readonly state: LinkStateName;
  readonly at: number;
}

const states = [
  'closed',
  'opening',
  'open',
  'reconnecting',
  'waiting',
  'closing',
] as const satisfies readonly LinkStateName[];

/** The states of the links over time, as far back as a view shows them. */
export class LinkStrip {
  readonly #keptMs: number;
  readonly #changes: [Change[], Change[], Change[]] = [[], [], []];

  /** @param keptMs milliseconds that the view shows */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** Takes the changes of state among a recording's lines. */
  read(lines: readonly RecordingLine[]): void {
    for (const line of lines) {
      if (!('linkEvent' in line) || line.linkEvent !== 'statechange') continue;
      // `<state>`, or `<state>, <cause>` where the cause has another name.
      const [state = ''] = (line.detail ?? '').split(', ');
      if (isState(state)) this.note(line.link, line.at, state);
    }
  }

  /** Adds a state of a link. @param at not earlier than in previous calls */
  note(link: LinkId, at: number, state: LinkStateName): void {
    const changes = this.#changes[link];
    if (changes.at(-1)?.state === state) return;
    changes.push({ at, state });
    // Keeps one change from before the shown time: its state is the first segment's.
    while (changes[1] && changes[1].at < at - this.#keptMs) changes.shift();
  }

  /** The states of a link in the shown time that ends at `until`. */
  segments(link: LinkId, until: number): StripSegment[] {
    const start = until - this.#keptMs;
    const changes = this.#changes[link];
    return changes
      .map(({ state, at }, index) => ({
        state,
        from: Math.max(start, at),
        to: Math.min(until, changes[index + 1]?.at ?? until),
      }))
      .filter(({ from, to }) => to > from);
  }
}

function isState(state: string): state is LinkStateName {
  return states.some((each) => each === state);
}
