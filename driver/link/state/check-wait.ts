import { DEFAULT_OPEN_TIMEOUT_MS } from '../../values/wsopen-parameters';
import type { Claim, Effect, Goal, Open, SettleError, Step, Timer } from './link-state';
import { aborted, CHECK_LINKS } from './transitions';

// Steps of an open link from a resync to the next check.

/** The URC of the connection's end may be lost in a resync: the next check tells. */
export function expectCheck(state: Open): Open {
  return state.awaitingCheck
    ? state
    : { ...state, awaitingCheck: { claims: [], goalBefore: state.goal } };
}

/**
 * Lets a call of open() wait for the check, and all that wait already: up to the `timeoutMs` of this one, from now on, and
 * up to the limit of the oldest.
 * Requests a check: the last one may have failed.
 */
export function awaitCheck(state: Open, claim: Claim): Step {
  const { goal } = claim;
  const { claims: earlier = [], goalBefore = state.goal } = state.awaitingCheck ?? {};
  const claims = [...earlier, claim];
  const ms = goal.options.timeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS;
  const timer: Timer = { ms, limit: claims[0]?.waitLimit };
  const awaitingCheck = { claims, goalBefore, timer };
  return [{ ...state, goal, awaitingCheck }, { do: 'startTimer', timer }, CHECK_LINKS];
}

/** Settles the calls of open() that wait for a check. */
export function endCheckWait({ awaitingCheck, ...state }: Open, error?: SettleError): Step<Open> {
  const settled = awaitingCheck?.claims.map(({ operation }): Effect => ({
    do: 'settle',
    operation,
    ...(error && { error }),
  }));
  return [error && awaitingCheck ? expectCheck(state) : state, ...(settled ?? [])];
}

/** Ends one of the calls of open() that wait for a check. The goal is then that of the newest call that is left. */
export function abortCheckWait(state: Open, goal: Goal): Step<Open> {
  const { awaitingCheck, ...open } = state;
  const ended = awaitingCheck?.claims.find((claim) => claim.goal === goal);
  if (!awaitingCheck || !ended) return [state];
  const claims = awaitingCheck.claims.filter((claim) => claim !== ended);
  const newest = claims.at(-1);
  const after: Open = newest
    ? { ...open, goal: newest.goal, awaitingCheck: { ...awaitingCheck, claims } }
    : expectCheck({ ...open, goal: awaitingCheck.goalBefore });
  return [after, aborted(ended.operation)];
}
