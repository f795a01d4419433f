import type { EspAtError } from '../../errors';
import type {
  BackingOff,
  Closed,
  Closing,
  Goal,
  Open,
  Opening,
  Reconnecting,
  State,
  Step,
  Timer,
} from './link-state';
import {
  backOff,
  becomeOpen,
  CHECK_LINKS,
  closedByServer,
  endClose,
  lose,
  loseDevice,
  loseDeviceOpening,
  reconnect,
  reopen,
  emitChange,
} from './transitions';
import { endCheckWait, expectCheck } from './check-wait';
import type { LinkStateNumber } from '../../commands/wsopen';
import type { LinkUrc } from '../../at/urc';

// Transitions caused by URCs, checks, and changes of the device.

/** A URC of the link. */
export function urc(state: State, kind: LinkUrc): Step {
  if (state.kind === 'opening' && !hasReconnected(state, kind)) {
    return [state, { do: 'noteUrc', operation: state.operation, urc: kind }];
  }
  switch (kind) {
    case 'connected':
      return connected(state, true);
    case 'disconnected':
      if (state.kind === 'open') return lose(state);
      if (state.kind === 'closing') return endedInClose(state);
      // A connection of which the URC was lost has ended: the next one has none of its data.
      return state.kind === 'reconnecting' ? [state, { do: 'expectData' }] : [state];
    case 'closed':
      if (state.kind === 'open' || state.kind === 'reconnecting') return closedByServer(state);
      return state.kind === 'closing' ? endedInClose(state) : [state];
  }
}

/** The connection has ended before its close: what is queued cannot be sent, and `AT+WSCLOSE` waits for nothing. */
function endedInClose(state: Closing): Step {
  return [
    state,
    { do: 'failQueued', code: 'LINK_CLOSED', end: 'gone' },
    { do: 'endCloseWait', operation: state.operation },
  ];
}

/** Whether the device has reconnected by itself, and `AT+WSCLOSE` has not gone out: it would end that connection. */
function hasReconnected({ stage, cause, number }: Opening, kind: LinkUrc): boolean {
  const reconnects = cause !== 'reconnect' && (number === 1 || number === 3);
  return kind === 'connected' && reconnects && stage !== 'closing' && stage !== 'sequence';
}

/** The device has a connection of the link. @param announced whether a URC says so; otherwise a check does */
function connected(state: State, announced: boolean): Step {
  switch (state.kind) {
    case 'closed':
      // No goal asks for the connection, which blocks the link; or the link number in the URC was corrupt.
      return closeStray(state);
    case 'backingOff':
      // The connection may be that of another URI, left by a failed close: the check tells. Without a timer the device may
      // be lost: the URC is older than the loss.
      return state.timer ? [state, { do: 'expectData' }, CHECK_LINKS] : [state];
    case 'reconnecting':
      return becomeReopened(state, announced);
    case 'opening':
      return [...becomeReopened(state, announced), { do: 'settle', operation: state.operation }];
    case 'open': {
      if (!state.announced) return [{ ...state, announced }];
      // The URC that ended the connection before was lost.
      const [lost, ...effects] = lose(state);
      const [after, ...more] = becomeOpen(lost.goal, 'reopened', announced);
      const { awaitingCheck } = state;
      return [{ ...after, ...(awaitingCheck && { awaitingCheck }) }, ...effects, ...more];
    }
    default:
      return [state];
  }
}

/** The device has reconnected. Data before the URC is not of this connection. */
function becomeReopened({ goal }: Reconnecting | Opening, announced: boolean): Step<Open> {
  const [state, ...effects] = becomeOpen(goal, 'reopened', announced);
  return announced ? [state, { do: 'expectData' }, ...effects] : [state, ...effects];
}

function closeStray(state: Closed | BackingOff): Step {
  return [state, { do: 'closeStray' }, CHECK_LINKS];
}

/** A check shows the state of the link. @param number 0 where the response omits it @param uri as the device lists it */
export function checked(state: State, number: LinkStateNumber, uri?: string): Step {
  switch (state.kind) {
    case 'closed':
      return number === 2 ? connected(state, false) : [state];
    case 'backingOff':
      if (number !== 2) return [state];
      // Announced: the URC has caused this check, or is lost, so none is to come.
      return state.timer && isUriOf(state.goal, uri)
        ? becomeOpen(state.goal, 'reopened', true)
        : closeStray(state);
    case 'open':
      return checkedOpen(state, number);
    case 'reconnecting':
      if (number === 0) return closedByServer(state);
      return number === 2 ? connected(state, false) : stayReconnecting(state, number);
    default:
      return [state];
  }
}

/** The driver omits user and password from the URI where it sends another authorization. */
function isUriOf({ options, uri }: Goal, listed: string | undefined): boolean {
  return listed === options.uri || listed === uri;
}

function checkedOpen({ suspicion, ...state }: Open, number: LinkStateNumber): Step {
  if (number === 0) return closedByServer(state);
  if (number === 1 || number === 3) {
    const [lost, ...effects] = lose(state);
    const [after, ...more] = stayReconnecting(lost, number);
    return [after, ...effects, ...more];
  }
  // The device answers the server's close frame: `+WS_CLOSED`, or a later check, says so.
  if (number === 4) return [suspicion ? { ...state, suspicion } : state];
  if (suspicion) return reconnect(state, suspicion);
  const [after, ...effects] = endCheckWait(state);
  return [after, { do: 'failRefused' }, ...effects];
}

/** The device still tries to reconnect; its state may have another number now. */
function stayReconnecting(state: Reconnecting, number: LinkStateNumber): Step {
  if ((number !== 1 && number !== 3) || number === state.number) return [state];
  const after: Reconnecting = { ...state, number };
  return [after, emitChange(after, 'reconnecting')];
}

/** The device is in sync again. */
export function resynced(state: State): Step {
  return [state.kind === 'open' ? expectCheck(state) : state];
}

/** @param crashLoop whether opening the link seems to crash the device */
export function deviceReady(state: State, crashLoop: boolean): Step {
  if (state.kind !== 'backingOff' || state.timer) return [state];
  return crashLoop ? backOff(state.goal) : reopen(state);
}

export function deviceLost(state: State, error: EspAtError): Step {
  switch (state.kind) {
    case 'closed':
      return [state];
    case 'backingOff':
      return [{ kind: 'backingOff', goal: state.goal }];
    case 'opening':
      return loseDeviceOpening(state, error);
    case 'open':
    case 'reconnecting':
      return loseDevice(state, error);
    case 'closing':
      return endClose(state, error);
  }
}

/** The delay of keep-open ends: failed opens may succeed now. @param crashLoop see {@link deviceReady} */
export function networkBack(state: State, crashLoop: boolean): Step {
  if (state.kind !== 'backingOff' || !state.timer || crashLoop) return [state];
  const timer: Timer = { ms: 0 };
  return [
    { ...state, timer },
    { do: 'policy', call: 'networkBack' },
    { do: 'startTimer', timer },
  ];
}
