import type { Cancel } from '../../clock';
import type { EspAtError } from '../../errors';
import type { Link } from '../../link/link';
import type { ReadyDevice } from '../../link/link-host';
import type { DeviceCounters } from '../../statistics/device-counters';
import type { AutomaticRate } from '../baud-rate/automatic-rate';
import type { RateLimit } from '../baud-rate/rate-limit';
import type { Boot } from './initialize/boot';
import type { DeviceEmitter } from '../events';
import type { HealthCheck } from './health-check';
import type { LinkChecks } from './link-checks';
import type { Capabilities, CompleteOptions, DeviceState } from '../options';

/** What one device session passes to the next. */
export interface SessionMemory {
  /** See {@link SessionPort.negotiatedRateWorks}. */
  readonly negotiatedRateWorks: boolean;
  /** See {@link SessionPort.slowness}. */
  readonly slowness: number;
  /** See {@link SessionPort.flowControlSet}. */
  readonly flowControlSet: boolean;
  /** Whether a data prompt may still be open. */
  readonly pendingPrompt: boolean;
}

/** What the first session on a port knows. */
export const NEW_MEMORY: SessionMemory = {
  negotiatedRateWorks: true,
  slowness: 1,
  flowControlSet: false,
  pendingPrompt: false,
};

export interface SessionEnd {
  readonly error: EspAtError;
  readonly memory: SessionMemory;
}

/** What a session begins with. */
export interface SessionStart {
  readonly memory: SessionMemory;
  /** The reason why the session before found no device, to be shown until this one does. */
  readonly error: EspAtError | undefined;
}

/** What all sessions of a device share. */
export interface SessionContext {
  readonly options: CompleteOptions;
  readonly links: readonly Link[];
  readonly rateLimit: RateLimit;
  readonly emitter: DeviceEmitter;
  readonly counters: DeviceCounters;
}

export type SessionEvent =
  | { readonly kind: 'state'; readonly state: DeviceState }
  | { readonly kind: 'identified'; readonly capabilities: Capabilities };

/** State of the initialization. */
export interface Progress {
  /** Whether the device responds, and its capabilities are known. */
  readonly isIdentified: boolean;
  /** Failed searches so far. */
  readonly failedSearches: number;
  /** Why the last initialization failed. */
  readonly error: EspAtError | undefined;
}

export const NO_PROGRESS: Progress = { isIdentified: false, failedSearches: 0, error: undefined };

export type SessionState = { readonly boot: Boot } & (
  | { readonly kind: 'initializing'; readonly progress: Progress }
  /** The driver initializes the device again after the timer. */
  | {
      readonly kind: 'pausing';
      readonly progress: Progress;
      readonly timer: Cancel;
      /** Whether it pauses because the device restarts too often. */
      readonly isFlooded?: true;
    }
  | {
      readonly kind: 'ready' | 'resyncing';
      readonly device: ReadyDevice;
      readonly checks: LinkChecks;
      readonly health: HealthCheck;
      readonly rate: AutomaticRate;
    }
  /** The driver returns the device to its start rate and closes its connections, until the timer. */
  | { readonly kind: 'stopping'; readonly timer: Cancel }
  | { readonly kind: 'unusable' | 'ended'; readonly error: EspAtError }
);

/** Returns the progress of the initialization; {@link NO_PROGRESS} outside of it. */
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
      return named('ready', state.boot.network.error);
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
