import { MAX_OPEN_TIMEOUT_MS } from '../../commands/wsopen';
import { DEFAULT_OPEN_TIMEOUT_MS } from '../../values/wsopen-parameters';
import type { Call, Effect, Goal, Open, SettleError, Step, Timer } from './link-state';
import { aborted, CHECK_LINKS } from './transitions';

// Steps of an open link from a resync to the next check.

/** The URC of the connection's end may be lost in a resync: the next check tells. */
export function expectCheck(state: Open): Open {
  return state.awaitingCheck
    ? state
    : { ...state, awaitingCheck: { calls: [], goalBefore: state.goal } };
}

/** Lets a call of open() wait for the check. Requests a check: the last one may have failed. */
export function awaitCheck(state: Open, call: Call): Step {
  const { calls = [], goalBefore = state.goal } = state.awaitingCheck ?? {};
  return [...waitTogether(state, [...calls, call], goalBefore), CHECK_LINKS];
}

/** All calls wait up to the `timeoutMs` of the newest one, at most {@link MAX_OPEN_TIMEOUT_MS} from the oldest one. */
function waitTogether(state: Open, calls: readonly Call[], goalBefore: Goal): Step<Open> {
  const oldest = calls[0];
  const newest = calls.at(-1);
  if (!oldest || !newest)
    return [{ ...state, goal: goalBefore, awaitingCheck: { calls, goalBefore } }];
  const { goal, calledAt } = newest;
  const timeoutMs = goal.options.timeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS;
  const until = Math.min(calledAt + timeoutMs, oldest.calledAt + MAX_OPEN_TIMEOUT_MS);
  const timer: Timer = { until };
  return [
    { ...state, goal, awaitingCheck: { calls, goalBefore, timer } },
    { do: 'startTimer', timer },
  ];
}

/** Settles the calls of open() that wait for a check. */
export function endCheckWait({ awaitingCheck, ...state }: Open, error?: SettleError): Step<Open> {
  const settled = awaitingCheck?.calls.map(({ operation }): Effect => ({
    do: 'settle',
    operation,
    ...(error && { error }),
  }));
  return [error && awaitingCheck ? expectCheck(state) : state, ...(settled ?? [])];
}

/** Ends one of the calls of open() that wait for a check. The goal is then that of the newest call that is left. */
export function abortCheckWait(state: Open, goal: Goal): Step<Open> {
  const { calls = [], goalBefore = state.goal } = state.awaitingCheck ?? {};
  const ended = calls.find((call) => call.goal === goal);
  if (!ended) return [state];
  const left = calls.filter((call) => call !== ended);
  return [...waitTogether(state, left, goalBefore), aborted(ended.operation)];
}
