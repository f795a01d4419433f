import type { Cancel } from '../../clock';
import type { EspAtError } from '../../errors';
import type { Link } from '../../link/link';
import type { ReadyDevice } from '../../link/link-host';
import type { DeviceCounters } from '../../statistics/device-counters';
import type { DeviceStatus } from '../device-status';
import type { DeviceEmitter } from '../events';
import type { LinkChecks } from './link-checks';
import type { PortKnowledge } from './port-knowledge';
import type { Network } from '../network';
import type { CompleteOptions, DeviceState } from '../options';

/** What all sessions of a device share. */
export interface SessionContext {
  readonly options: CompleteOptions;
  readonly links: readonly Link[];
  readonly knowledge: PortKnowledge;
  readonly status: DeviceStatus;
  readonly emitter: DeviceEmitter;
  readonly counters: DeviceCounters;
}

/** The time from the beginning of an initialization to the next one, or to the end of the session. */
export interface Period {
  readonly network: Network;
  /** Aborts at its end. */
  readonly signal: AbortSignal;
  end(error: EspAtError): void;
}

export interface Progress {
  /** Whether the device responds, and its capabilities are known. */
  readonly isIdentified: boolean;
  readonly failedSearches: number;
  /** Why the last initialization failed. */
  readonly error: EspAtError | undefined;
}

export const NO_PROGRESS: Progress = { isIdentified: false, failedSearches: 0, error: undefined };

interface Identified {
  readonly device: ReadyDevice;
  readonly checks: LinkChecks;
  /** This method of {@link AutomaticRate}; to import the class would make a circle. */
  readonly automaticRate: { responseLost(): void };
}

export type SessionState = { readonly period: Period } & (
  | { readonly kind: 'initializing'; readonly progress: Progress }
  /** The driver initializes the device again after the timer, and after a scan that waits or runs then. */
  | { readonly kind: 'pausing'; readonly progress: Progress; readonly timer: Cancel }
  | (Identified & { readonly kind: 'ready' | 'resyncing' })
  /** The driver returns the device to its start rate and closes its connections, until the timer. */
  | { readonly kind: 'stopping'; readonly timer: Cancel }
  | { readonly kind: 'unusable' | 'ended'; readonly error: EspAtError }
);

export function progressOf(state: SessionState): Progress {
  return 'progress' in state ? state.progress : NO_PROGRESS;
}

/** Returns the public state; undefined once the session ends. */
export function stateOf(state: SessionState): DeviceState | undefined {
  switch (state.kind) {
    case 'initializing':
    case 'pausing':
      return named('initializing', state.progress.error);
    case 'ready':
      return named('ready', state.period.network.error);
    case 'resyncing':
      return { name: 'resyncing' };
    case 'unusable':
      return named('unusable', state.error);
    case 'stopping':
    case 'ended':
      return undefined;
  }
}

function named(name: DeviceState['name'], error: EspAtError | undefined): DeviceState {
  return error ? { name, error } : { name };
}
