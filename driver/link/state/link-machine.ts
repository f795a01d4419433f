import { onTimeout, type Cancel, type Clock } from '../../clock';
import {
  operationsOf,
  timerOf,
  type Effect,
  type Input,
  type State,
  type Timer,
} from './link-state';
import { step } from './link-step';

/** Holds the state of a link: the only place where it changes. */
export class LinkMachine {
  readonly #clock: Clock;
  readonly #carryOut: (effect: Effect) => void;
  /** Effects that the link has not carried out yet. */
  readonly #effects: Effect[] = [];
  #state: State = { kind: 'closed' };
  #stopTimer: Cancel = () => undefined;
  #isActing = false;

  constructor(clock: Clock, carryOut: (effect: Effect) => void) {
    this.#clock = clock;
    this.#carryOut = carryOut;
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Takes a step: disposes what only the state before owned, then has the effects carried out. Where a listener's call
   * takes another step meanwhile, its effects follow those that are left of this one.
   */
  take(input: Input): void {
    const before = this.#state;
    const [after, ...effects] = step(before, input);
    this.#state = after;
    if (timerOf(before) !== timerOf(after)) this.#stopTimer();
    const owned = operationsOf(after);
    for (const operation of operationsOf(before)) if (!owned.includes(operation)) operation.abort();
    this.#effects.push(...effects);
    if (this.#isActing) return;
    this.#isActing = true;
    try {
      for (let effect; (effect = this.#effects.shift());) this.#carryOut(effect);
    } finally {
      this.#isActing = false;
    }
  }

  /** Whether the state still owns it: a listener may have ended it before its effect was carried out. */
  owns(timer: Timer): boolean {
    return timerOf(this.#state) === timer;
  }

  startTimer(timer: Timer, milliseconds: number): void {
    this.#stopTimer = onTimeout(this.#clock, milliseconds, () =>
      this.take({ kind: 'timer', timer }),
    );
  }
}
