import { EspAtError } from '../errors';
import type { LinkId } from './types';
import { LARGEST_PAYLOAD, Recovery, type RecoveryStep } from './recovery';
import { lost, mayBeSaidAgain, renewed, type QueuedSend, type Request } from './request';
import type { AtClientHandlers } from './at-client-handlers';
import type { TimedPort } from './timed-port';

/** What the way back into step needs of its session. */
export interface SynchronyHost {
  /** Whether the line's rate is one that the device forgets with a restart. */
  raised(): boolean;
  /** Whether a `>` can be a prompt from here on. */
  expectPrompt(expected: boolean): void;
  /** Has a command be said that had to wait. */
  start(request: Request): void;
  fail(request: Request, error: EspAtError): void;
  /** The step is found: whatever waits has its turn. */
  next(): void;
}

/**
 * Whether both sides are in step: whether the next answer belongs to the next question. Holds what is left over
 * from the moment in which that was lost, until a {@link Recovery} has found it again.
 */
export class Synchrony {
  readonly #wire: TimedPort;
  readonly #handlers: AtClientHandlers;
  readonly #host: SynchronyHost;
  #recovery: Recovery | undefined;
  /** What was at work when the step was lost and is to be said again once it is found. */
  #again: Request | undefined;
  /** The next command of a sequence that goes on while the step is being found. */
  #parked: Request | undefined;
  /** Payload bytes that a prompt nobody sees may be waiting for, and whose they are. */
  #unfilled = 0;
  #unfilledLink: LinkId | undefined;
  /** Whose peer got a damaged message while the step was being lost. */
  #spoiled: LinkId | undefined;
  #turn = 0;
  #distrusted = false;
  #stuck = false;

  constructor(wire: TimedPort, handlers: AtClientHandlers, host: SynchronyHost) {
    this.#wire = wire;
    this.#handlers = handlers;
    this.#host = host;
  }

  /** The way back while it is being gone; nothing else may be said then. */
  get recovery(): Recovery | undefined {
    return this.#recovery;
  }

  /** Whether there is no way back: the session takes nothing until it is reset. */
  get stuck(): boolean {
    return this.#stuck;
  }

  /** Whether what is received may be the inside of a damaged message. */
  get distrusted(): boolean {
    return this.#distrusted;
  }

  /** Whether a data prompt may be left waiting. */
  get unfilled(): boolean {
    return this.#unfilled > 0;
  }

  /** The message that is said again once the step is found. */
  get send(): QueuedSend | undefined {
    return this.#again?.send;
  }

  /** From here on what is received proves nothing, until {@link recover} has come to its end. */
  distrust(): void {
    this.#distrusted = true;
  }

  /** A payload is being written, or it is not known whether one is waited for. */
  mayWait(link: LinkId | undefined): void {
    this.#unfilled = LARGEST_PAYLOAD;
    this.#unfilledLink = link;
  }

  /** No prompt is waiting. */
  settled(): void {
    this.#unfilled = 0;
  }

  /** The peer of this link got a damaged message. */
  spoil(link: LinkId | undefined): void {
    this.#spoiled = link;
  }

  /** Keeps a command until the step is found; false when it cannot: nothing was lost, or something is kept already. */
  park(request: Request): boolean {
    if (!this.#recovery || this.#parked || this.#again) return false;
    this.#parked = request;
    return true;
  }

  /** The answer to the command that was at work will not be known. */
  lose(request: Request, reason: string): void {
    const again = mayBeSaidAgain(request);
    this.recover(reason, again ? request : undefined);
    if (!again) this.#host.fail(request, lost(request));
  }

  /** Begins before anybody is told: whoever is told may ask for something at once, which has to wait. */
  recover(reason: string, again?: Request): void {
    this.#again = again;
    const recovery = this.#begin(this.#unfilled, (step) => this.#handlers.resyncStep(step));
    this.#handlers.outOfSync(reason);
    const raised = this.#host.raised();
    void recovery.run({ attempts: 3, mayRestart: !raised, hasty: raised }).then((outcome) => {
      if (this.#recovery !== recovery) return;
      this.#end();
      if (outcome === 'in step') this.#found(recovery.filled ? this.#unfilledLink : this.#spoiled);
      else if (outcome === 'restarted') this.#handlers.urc({ kind: 'ready' });
      else this.#giveUp();
    });
  }

  /**
   * Gets in step with a device of which nothing is known. True when it answers; undefined when it was
   * {@link reset} meanwhile.
   * @param fill bytes that a data prompt of an earlier life may be waiting for, and most likely is; or 0
   */
  async align(fill: number): Promise<boolean | undefined> {
    const recovery = this.#begin(fill, () => undefined);
    const outcome = await recovery.run({
      attempts: fill > 0 ? 3 : 1,
      mayRestart: false,
      prompted: fill > 0,
    });
    if (this.#recovery !== recovery) return undefined;
    this.#end();
    // A device that has just started has nothing to be in step about.
    if (outcome === 'lost') return false;
    this.#distrusted = false;
    this.#stuck = false;
    return true;
  }

  /** Forgets everything. Returns the commands that were kept. */
  reset(): Request[] {
    this.#recovery?.abandon();
    this.#end();
    this.#distrusted = false;
    this.#stuck = false;
    this.#unfilled = 0;
    this.#spoiled = undefined;
    return this.#kept();
  }

  #begin(fill: number, taken: (step: RecoveryStep) => void): Recovery {
    this.#recovery = new Recovery(this.#wire, fill, this.#turn++, taken);
    this.#host.expectPrompt(fill > 0);
    return this.#recovery;
  }

  #end(): void {
    this.#recovery = undefined;
    this.#host.expectPrompt(false);
  }

  #kept(): Request[] {
    const kept = [this.#again, this.#parked].filter((each) => each !== undefined);
    this.#again = this.#parked = undefined;
    return kept;
  }

  /** @param damaged the link whose peer got a damaged message, if there is one */
  #found(damaged: LinkId | undefined): void {
    this.#distrusted = false;
    this.#unfilled = 0;
    this.#spoiled = undefined;
    const again = this.#again;
    const parked = this.#parked;
    this.#again = this.#parked = undefined;
    const mayGoOn = again && !isOfLost(again.send, damaged);
    if (mayGoOn) this.#host.start(renewed(again));
    else if (parked) this.#host.start(parked);
    if (again && !mayGoOn) this.#host.fail(again, again.send?.ended ?? lost(again));
    if (damaged !== undefined) this.#handlers.filled(damaged);
    this.#handlers.inSync();
    this.#host.next();
  }

  #giveUp(): void {
    this.#stuck = true;
    for (const request of this.#kept()) this.#host.fail(request, lost(request));
    this.#handlers.unresponsive();
  }
}

/** Nothing may follow a damaged message as if nothing had happened, nor go out on another connection. */
function isOfLost(send: QueuedSend | undefined, damaged: LinkId | undefined): boolean {
  return send !== undefined && (send.ended !== undefined || send.link === damaged);
}
