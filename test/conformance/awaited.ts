import type { Action } from './actions';
import type { Rig } from './rig';
import type { Stimulus } from './stimulus';
import type { Exchange } from './transcript';

const ON_A_CONNECTION: ReadonlySet<Action['kind']> = new Set(['frames', 'half', 'bytes', 'reads']);

/** What a step's title wants done to a connection that the host only opens in this step. */
export class Awaited {
  readonly #rig: Rig;
  /** Whether the step shows a link that opens. */
  readonly #opens: boolean;
  #stimuli: Stimulus[] = [];

  constructor(rig: Rig, { lines }: Exchange) {
    this.#rig = rig;
    this.#opens = lines.some(
      ({ actor, text }) => actor === 'device' && text.includes('+WS_CONNECTED:'),
    );
  }

  /** Keeps what cannot be done yet. @returns whether it does */
  keeps(stimulus: Stimulus): boolean {
    const { action, link } = stimulus;
    if (!this.#opens || !ON_A_CONNECTION.has(action.kind)) return false;
    if (this.#rig.links.connectionOf(link)) return false;
    this.#stimuli.push(stimulus);
    return true;
  }

  /** A link is open: what was kept is to be done to it. */
  takeFor(link: number): Stimulus[] {
    const taken = this.#stimuli.map((stimulus) => ({ ...stimulus, link }));
    this.#stimuli = [];
    return taken;
  }
}
