import type { Pace } from '../../at/port-lease';
import type { FlowControl } from '../../commands/uart';
import { HIGHEST_WITHOUT_FLOW_CONTROL, LADDER, misheardRates } from './rates';

/** How often the device is told to go back before the search begins. */
const MAX_RETURNS = 2;
/** How often the device may be lost in a climb until that ends where the device is found. */
const MAX_LOSSES = 2;

/** How the device's UART is set. */
export interface UartSetting {
  /** Bits a second. */
  readonly rate: number;
  readonly flowControl: FlowControl;
}

/** One attempt of a search. */
export interface Trial {
  /** Bits a second; undefined where the port has no rate. */
  readonly rate: number | undefined;
  /** Whether to pad a data prompt first, which may be pending. */
  readonly pad: 'never' | 'first';
  readonly pace: Pace;
}

/** Where a climb leads. */
export interface Climb {
  /** Bits a second, ascending. */
  readonly ladder: readonly number[];
  /** The highest rate to try, in bits a second. */
  readonly ceiling: number;
  /** Whether a rate counts as good only after kilobytes have passed both ways without a fault. */
  readonly isTested: boolean;
  /** Flow control of the device while the wires do not work. */
  readonly unwired: 'none' | 'rts';
  /** Whether RTS and CTS are wired. `likely`: the device holds CTS of the port active. */
  readonly wires: 'unknown' | 'likely' | 'none' | 'proven';
  /** A rate that has failed once. A line error can make a good rate fail. */
  readonly doubted?: number;
  /** How often the device was lost in it. */
  readonly losses: number;
  /** Whether the device was silent in it: it may have restarted. */
  readonly wasSilent: boolean;
  /** Whether the device was told to wait for CTS. */
  readonly triedWires?: boolean;
  /** The rate above the ceiling that has failed, in bits a second. */
  readonly failedRate?: number;
}

/** `good`: how the device works. `to`: what is tried. */
interface Step {
  readonly climb: Climb;
  readonly good: UartSetting;
  readonly to: UartSetting;
}

/** The search for the device, and the climb to a higher baud rate. */
export type RateState =
  | {
      readonly kind: 'searching';
      readonly trial: Trial;
      readonly rest: readonly Trial[];
      /** The climb in which the device was lost. */
      readonly climb?: Climb;
    }
  | { readonly kind: 'readingCts'; readonly climb: Climb; readonly good: UartSetting }
  /** The driver tells the device to change its setting. */
  | ({ readonly kind: 'telling' } & Step)
  /** The port has changed its rate; the device has to answer. */
  | ({ readonly kind: 'greeting' } & Step)
  | ({ readonly kind: 'testing' } & Step)
  /** The driver tells the device to go back. `returns`: how often it has done so. */
  | ({ readonly kind: 'returning'; readonly returns: number } & Step)
  | ({ readonly kind: 'greetingBack'; readonly returns: number } & Step)
  | { readonly kind: 'found'; readonly rate: number | undefined }
  /** The end of a climb. */
  | { readonly kind: 'settled'; readonly climb: Climb; readonly good: UartSetting }
  | { readonly kind: 'lost' };

export type RateEvent =
  /** The device answers. */
  | 'answered'
  | 'silent'
  /** The port does not take the rate. */
  | 'unsupported'
  /** The device has accepted, or refused the setting; its response did not come. */
  | 'accepted'
  | 'refused'
  | 'unheard'
  /** The outcome of a test. */
  | 'passed'
  | 'corrupt'
  /** CTS of the port. */
  | 'active'
  | 'inactive';

/** What a state asks for; its outcome is the next event. */
export type RateAction =
  | { readonly kind: 'seek'; readonly trial: Trial }
  | { readonly kind: 'readCts' }
  /** `checked`: whether the port must take the new rate too. */
  | {
      readonly kind: 'tell';
      readonly at: UartSetting;
      readonly to: UartSetting;
      readonly checked: boolean;
    }
  | { readonly kind: 'greet'; readonly at: UartSetting }
  | { readonly kind: 'test' };

/** Begins a search. */
export function search(trials: readonly Trial[], climb?: Climb): RateState {
  const [trial, ...rest] = trials;
  if (!trial) return { kind: 'lost' };
  return { kind: 'searching', trial, rest, ...(climb && { climb }) };
}

/** Begins a climb, or goes on with it: a device that works with `good` takes the next step. */
export function climbFrom(good: UartSetting, climb: Climb): RateState {
  const { wires, unwired } = climb;
  // CTS of the port shows the wires only while the device drives RTS: without flow control it has to set that first.
  if (wires === 'unknown' && (good.flowControl !== 'none' || unwired === 'none'))
    return { kind: 'readingCts', climb, good };
  if (wires === 'likely')
    return { kind: 'telling', climb, good, to: { ...good, flowControl: 'both' } };
  const flowControl = wires === 'proven' ? 'both' : unwired;
  const rate = wires === 'unknown' ? good.rate : nextRate(good.rate, climb);
  if (rate === good.rate && flowControl === good.flowControl)
    return { kind: 'settled', climb, good };
  return { kind: 'telling', climb, good, to: { rate, flowControl } };
}

/** Returns what the state asks for; undefined at the end. */
export function actionOf(state: RateState): RateAction | undefined {
  switch (state.kind) {
    case 'searching':
      return { kind: 'seek', trial: state.trial };
    case 'readingCts':
      return { kind: 'readCts' };
    case 'telling':
      return { kind: 'tell', at: state.good, to: state.to, checked: true };
    case 'greeting':
      return { kind: 'greet', at: state.to };
    case 'testing':
      return { kind: 'test' };
    case 'returning':
      return { kind: 'tell', at: state.to, to: state.good, checked: false };
    case 'greetingBack':
      return { kind: 'greet', at: state.good };
    case 'found':
    case 'settled':
    case 'lost':
      return undefined;
  }
}

/** Returns the state after the outcome of its action. */
export function step(state: RateState, event: RateEvent): RateState {
  switch (state.kind) {
    case 'searching':
      return event === 'answered' ? found(state) : search(state.rest, state.climb);
    case 'readingCts':
      return afterCts(state.good, state.climb, event === 'active');
    case 'telling':
      if (event === 'refused') return afterFailure(state);
      if (event === 'unsupported') return afterFailure(state, { final: true });
      // Without a response the device may have changed, or not.
      return { ...state, kind: 'greeting' };
    case 'greeting':
      if (event !== 'answered') {
        const climb = { ...state.climb, wasSilent: true };
        return { ...state, kind: 'returning', climb, returns: 1 };
      }
      if (state.climb.isTested && state.to.rate !== state.good.rate)
        return { ...state, kind: 'testing' };
      return afterSuccess(state);
    case 'testing':
      if (event === 'passed') return afterSuccess(state);
      return { ...state, kind: 'returning', returns: 1 };
    case 'returning':
      return { ...state, kind: 'greetingBack' };
    case 'greetingBack':
      if (event === 'answered') return afterFailure(state);
      if (state.returns < MAX_RETURNS) {
        const climb = { ...state.climb, wasSilent: true };
        return { ...state, kind: 'returning', climb, returns: state.returns + 1 };
      }
      return afterLoss(state);
    case 'found':
    case 'settled':
    case 'lost':
      return state;
  }
}

function found({ trial, climb }: RateState & { readonly kind: 'searching' }): RateState {
  const { rate } = trial;
  if (!climb || rate === undefined) return { kind: 'found', rate };
  // Its flow control is not known; `cts` alone is never wanted, so the driver sets it again.
  const good = { rate, flowControl: 'cts' } as const;
  return climb.losses < MAX_LOSSES ? climbFrom(good, climb) : { kind: 'settled', climb, good };
}

function afterCts(good: UartSetting, climb: Climb, isActive: boolean): RateState {
  if (!isActive) return climbFrom(good, { ...climb, wires: 'none' });
  // With `both` the device waits for CTS before it sends. It has answered, so the wires work.
  const wires = good.flowControl === 'both' ? 'proven' : 'likely';
  return climbFrom(good, { ...climb, wires, triedWires: true });
}

function afterSuccess({ to, climb }: Step): RateState {
  const wires = climb.wires === 'likely' ? 'proven' : climb.wires;
  return climbFrom(to, { ...climb, wires });
}

function afterFailure(state: Step, { final = false } = {}): RateState {
  const { climb, good, to } = state;
  if (climb.wires === 'likely') return climbFrom(good, { ...climb, wires: 'none' });
  if (!final && climb.doubted !== to.rate) return climbFrom(good, { ...climb, doubted: to.rate });
  if (to.rate > good.rate)
    return climbFrom(good, { ...climb, ceiling: good.rate, failedRate: to.rate });
  return { kind: 'settled', climb, good };
}

function afterLoss(state: Step): RateState {
  const { climb, good, to } = state;
  const wires = climb.wires === 'likely' ? 'none' : climb.wires;
  const limited = to.rate > good.rate ? { ceiling: good.rate, failedRate: to.rate } : {};
  const losses = climb.losses + 1;
  const lost = { ...climb, ...limited, wires, losses, wasSilent: true };
  return search(trialsAfterLoss(state), lost);
}

function nextRate(rate: number, { ladder, ceiling, wires, unwired }: Climb): number {
  const isLimited = unwired === 'rts' && wires !== 'proven';
  const limit = isLimited ? Math.min(ceiling, HIGHEST_WITHOUT_FLOW_CONTROL) : ceiling;
  const allowed = ladder.filter((each) => each <= limit);
  if (rate > limit) return allowed.at(-1) ?? rate;
  return allowed.find((each) => each > rate) ?? rate;
}

/** Every rate that the device may have, without padding: no prompt is pending in a climb. */
function trialsAfterLoss({ good, to }: Step): Trial[] {
  const likely = [good.rate, to.rate, ...LADDER];
  const rates = [...likely, ...misheardRates(to.rate), ...misheardRates(good.rate)];
  return [...new Set(rates)].map((rate) => ({ rate, pad: 'never', pace: 'search' }));
}
