import { onTimeout, type Cancel, type Clock } from '../../clock';
import {
  operationsOf,
  timerOf,
  type Effect,
  type State,
  type Timer,
  type Transition,
} from './link-state';
import { continueOpen } from './link-step';

/** Holds the state of a link, and is the only place where it changes. */
export class LinkMachine {
  readonly #clock: Clock;
  readonly #carryOut: (effect: Effect) => void;
  /** Effects that are still to be carried out. */
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
   * Takes a step: stops the timer and aborts the operations that the new state no longer holds, then carries out the
   * effects. If a listener's call takes another step meanwhile, the effects of that one come after those of this one.
   */
  take(transition: Transition): void {
    const before = this.#state;
    const [after, ...effects] = continueOpen(before, transition(before));
    this.#state = after;
    if (timerOf(before) !== timerOf(after)) this.#stopTimer();
    const owned = operationsOf(after);
    for (const operation of operationsOf(before)) if (!owned.includes(operation)) operation.abort();
    // At once: a listener that has called open() or close() may next send messages for the new goal.
    for (const effect of effects) if (isEndOfHolds(effect)) this.#carryOut(effect);
    this.#effects.push(...effects.filter((effect) => !isEndOfHolds(effect)));
    if (this.#isActing) return;
    this.#isActing = true;
    try {
      for (let effect; (effect = this.#effects.shift());) this.#carryOut(effect);
    } finally {
      this.#isActing = false;
    }
  }

  /** Whether the state still owns the timer: a listener may have changed the state before the timer's effect. */
  owns(timer: Timer): boolean {
    return timerOf(this.#state) === timer;
  }

  startTimer(milliseconds: number, timeOver: Transition): void {
    this.#stopTimer = onTimeout(this.#clock, milliseconds, () => this.take(timeOver));
  }
}

/** Whether a call ends the wait of the messages so far. */
function isEndOfHolds(effect: Effect): boolean {
  return effect.do === 'endHolds' && effect.code === 'LINK_CLOSED';
}
