import type { Pace } from '../../at/port-lease';
import type { FlowControl } from '../../commands/uart';
import { HIGHEST_WITHOUT_FLOW_CONTROL, LADDER, misheardRates } from './rates';

/** Attempts to revert the device's setting before the search for it begins. */
const MAX_REVERTS = 2;
/** Losses of the device in a climb after which the climb ends at the rate where the driver finds the device. */
const MAX_LOSSES = 2;

/** A setting of the device's UART. */
export interface UartSetting {
  /** Bits a second. */
  readonly rate: number;
  readonly flowControl: FlowControl;
}

/** One attempt of a search. */
export interface Trial {
  /** Bits a second; undefined where the port has no rate. */
  readonly rate: number | undefined;
  /** Whether to pad first, because a data prompt may be pending. */
  readonly pad: 'never' | 'first';
  readonly pace: Pace;
}

/** The limits of a climb, and what it has found out so far. */
export interface Climb {
  /** Bits a second, ascending. */
  readonly ladder: readonly number[];
  /** The highest rate to try, in bits a second. */
  readonly ceiling: number;
  /** Whether a rate counts as good only after kilobytes have passed both ways without a fault. */
  readonly isTested: boolean;
  /** Flow control of the device while the wires do not work. */
  readonly unwiredFlowControl: 'none' | 'rts';
  /** Whether RTS and CTS are wired. `likely`: the device holds CTS of the port active. */
  readonly wires: 'unknown' | 'likely' | 'none' | 'proven';
  /** A rate that has failed once. A good rate may fail too, by a corrupt byte. */
  readonly doubted?: number;
  /** Losses of the device so far. */
  readonly losses: number;
  /** Whether the device was silent at a rate: it may have restarted. */
  readonly wasSilent: boolean;
  /** Whether CTS was active, so that the climb relies on the wires. */
  readonly triedWires?: boolean;
  /** The rate above the ceiling that has failed, in bits a second. */
  readonly failedRate?: number;
}

/** A change from a setting that works to another one. */
interface SettingChange {
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
  /** The driver sends the new setting. */
  | ({ readonly kind: 'changing' } & SettingChange)
  /** The port has the new rate, and the driver waits for an answer. */
  | ({ readonly kind: 'probing' } & SettingChange)
  | ({ readonly kind: 'testing' } & SettingChange)
  /** The driver sends the setting before again. `reverts`: attempts so far. */
  | ({ readonly kind: 'reverting'; readonly reverts: number } & SettingChange)
  | ({ readonly kind: 'probingReverted'; readonly reverts: number } & SettingChange)
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
  /** The device has accepted or refused the setting; `unheard`: its response is lost. */
  | 'accepted'
  | 'refused'
  | 'unheard'
  /** The outcome of a test. */
  | 'passed'
  | 'corrupt'
  /** CTS of the port. */
  | 'active'
  | 'inactive';

/** The action of a state. Its outcome is the next event. */
export type RateAction =
  | { readonly kind: 'seek'; readonly trial: Trial }
  | { readonly kind: 'readCts' }
  /** `checked`: only if the port takes the new rate too. */
  | {
      readonly kind: 'change';
      readonly at: UartSetting;
      readonly to: UartSetting;
      readonly checked: boolean;
    }
  | { readonly kind: 'probe'; readonly at: UartSetting }
  | { readonly kind: 'test' };

/** Begins a search. */
export function search(trials: readonly Trial[], climb?: Climb): RateState {
  const [trial, ...rest] = trials;
  if (!trial) return { kind: 'lost' };
  return { kind: 'searching', trial, rest, ...(climb && { climb }) };
}

/** Begins or continues a climb from a setting that works. */
export function climbFrom(good: UartSetting, climb: Climb): RateState {
  const { wires, unwiredFlowControl } = climb;
  // CTS of the port shows the wires only while the device drives RTS, which it does only with flow control.
  if (wires === 'unknown' && (good.flowControl !== 'none' || unwiredFlowControl === 'none'))
    return { kind: 'readingCts', climb, good };
  if (wires === 'likely')
    return { kind: 'changing', climb, good, to: { ...good, flowControl: 'both' } };
  const flowControl = wires === 'proven' ? 'both' : unwiredFlowControl;
  const rate = wires === 'unknown' ? good.rate : nextRate(good.rate, climb);
  if (rate === good.rate && flowControl === good.flowControl)
    return { kind: 'settled', climb, good };
  return { kind: 'changing', climb, good, to: { rate, flowControl } };
}

/** Returns the action of a state; undefined at the end. */
export function actionOf(state: RateState): RateAction | undefined {
  switch (state.kind) {
    case 'searching':
      return { kind: 'seek', trial: state.trial };
    case 'readingCts':
      return { kind: 'readCts' };
    case 'changing':
      return { kind: 'change', at: state.good, to: state.to, checked: true };
    case 'probing':
      return { kind: 'probe', at: state.to };
    case 'testing':
      return { kind: 'test' };
    case 'reverting':
      return { kind: 'change', at: state.to, to: state.good, checked: false };
    case 'probingReverted':
      return { kind: 'probe', at: state.good };
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
    case 'changing':
      if (event === 'refused') return afterFailure(state);
      if (event === 'unsupported') return afterFailure(state, { final: true });
      // Without a response the device may have changed its rate, or not.
      return { ...state, kind: 'probing' };
    case 'probing':
      if (event !== 'answered') {
        const climb = { ...state.climb, wasSilent: true };
        return { ...state, kind: 'reverting', climb, reverts: 1 };
      }
      if (state.climb.isTested && state.to.rate !== state.good.rate)
        return { ...state, kind: 'testing' };
      return afterSuccess(state);
    case 'testing':
      if (event === 'passed') return afterSuccess(state);
      return { ...state, kind: 'reverting', reverts: 1 };
    case 'reverting':
      return { ...state, kind: 'probingReverted' };
    case 'probingReverted':
      if (event === 'answered') return afterFailure(state);
      if (state.reverts < MAX_REVERTS) {
        const climb = { ...state.climb, wasSilent: true };
        return { ...state, kind: 'reverting', climb, reverts: state.reverts + 1 };
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
  // Its flow control is unknown. `cts` alone is never a goal, so the climb sets it again.
  const good = { rate, flowControl: 'cts' } as const;
  return climb.losses < MAX_LOSSES ? climbFrom(good, climb) : { kind: 'settled', climb, good };
}

function afterCts(good: UartSetting, climb: Climb, isActive: boolean): RateState {
  if (!isActive) return climbFrom(good, { ...climb, wires: 'none' });
  // With `both` the device waits for CTS before it sends. It has answered, so the wires work.
  const wires = good.flowControl === 'both' ? 'proven' : 'likely';
  return climbFrom(good, { ...climb, wires, triedWires: true });
}

function afterSuccess({ to, climb }: SettingChange): RateState {
  const wires = climb.wires === 'likely' ? 'proven' : climb.wires;
  return climbFrom(to, { ...climb, wires });
}

function afterFailure(state: SettingChange, { final = false } = {}): RateState {
  const { climb, good, to } = state;
  if (climb.wires === 'likely') return climbFrom(good, { ...climb, wires: 'none' });
  if (!final && climb.doubted !== to.rate) return climbFrom(good, { ...climb, doubted: to.rate });
  if (to.rate > good.rate)
    return climbFrom(good, { ...climb, ceiling: good.rate, failedRate: to.rate });
  return { kind: 'settled', climb, good };
}

function afterLoss(state: SettingChange): RateState {
  const { climb, good, to } = state;
  const wires = climb.wires === 'likely' ? 'none' : climb.wires;
  const limited = to.rate > good.rate ? { ceiling: good.rate, failedRate: to.rate } : {};
  const losses = climb.losses + 1;
  const lost = { ...climb, ...limited, wires, losses, wasSilent: true };
  return search(trialsAfterLoss(state), lost);
}

function nextRate(rate: number, { ladder, ceiling, wires, unwiredFlowControl }: Climb): number {
  const isLimited = unwiredFlowControl === 'rts' && wires !== 'proven';
  const limit = isLimited ? Math.min(ceiling, HIGHEST_WITHOUT_FLOW_CONTROL) : ceiling;
  const allowed = ladder.filter((each) => each <= limit);
  if (rate > limit) return allowed.at(-1) ?? rate;
  return allowed.find((each) => each > rate) ?? rate;
}

/** A trial for each rate that the device may have; without padding, because no prompt is pending in a climb. */
function trialsAfterLoss({ good, to }: SettingChange): Trial[] {
  const likely = [good.rate, to.rate, ...LADDER];
  const rates = [...likely, ...misheardRates(to.rate), ...misheardRates(good.rate)];
  return [...new Set(rates)].map((rate) => ({ rate, pad: 'never', pace: 'search' }));
}
