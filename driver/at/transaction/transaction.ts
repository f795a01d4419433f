import type { Command } from '../command';
import type { TimeoutPolicy } from '../timing/timeouts';

/**
 * A probe is a line end. A device at work answers it with `busy p...`, an idle one with `ERROR`, an open prompt not
 * at all: it takes it for payload.
 * `suspect`: the probe may have become payload. Its answer, `busy p...`, proves nothing: the device sends the same in
 * response to payload bytes beyond the length that it has read.
 */
export type Probe = 'none' | 'unanswered' | 'suspect' | 'suspectUnanswered';

/** How far a transaction has come. `busy`: `busy p...` came although no probe was out. */
export type Phase =
  /** The command has no payload: its line is written. */
  | { readonly kind: 'awaitingResult'; readonly probe: Probe; readonly busy: boolean }
  /** The line is written. `acknowledged`: the `OK` before the prompt has come. */
  | {
      readonly kind: 'awaitingPrompt';
      readonly acknowledged: boolean;
      readonly probe: Probe;
      readonly busy: boolean;
    }
  /**
   * The payload is written. `answerable`: a later chunk has come in. What came in the chunk
   * of the prompt is older than the payload, and cannot be its response.
   */
  | {
      readonly kind: 'awaitingConfirmation';
      readonly answerable: boolean;
      readonly probe: Probe;
      readonly busy: boolean;
    }
  /** Success was read while a probe was out. It counts once it is known where the probe went. */
  | { readonly kind: 'confirming'; readonly by: 'probeAnswer' | 'lineFeed' | 'question' };

/** One command, from its line until its outcome is known. Changed only by the functions of this folder. */
export interface Transaction {
  readonly command: Command;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The information responses so far. */
  readonly response: string[];
  /** `ERR CODE:…` that the device gave (`AT+SYSLOG=1`), or empty. */
  errorCode: string;
  phase: Phase;
  readonly policy: TimeoutPolicy;
  /** Port idle time in milliseconds, not clock time, at which the client probes next; and at which it probed last. */
  nextProbeIdleMs: number;
  lastProbeIdleMs: number;
}

const awaitingResult: Phase = { kind: 'awaitingResult', probe: 'none', busy: false };
const awaitingPrompt: Phase = {
  kind: 'awaitingPrompt',
  acknowledged: false,
  probe: 'none',
  busy: false,
};

/** A transaction whose line is written now. */
export function begin(command: Command, attempt: number, policy: TimeoutPolicy): Transaction {
  return {
    command,
    attempt,
    response: [],
    errorCode: '',
    phase: command.payload ? awaitingPrompt : awaitingResult,
    policy,
    // A probe before the prompt could become the payload.
    nextProbeIdleMs: command.payload ? Infinity : policy.probeForResultMs,
    lastProbeIdleMs: 0,
  };
}

/** Whether payload bytes have been written. */
export function payloadWritten({ command, phase }: Transaction): boolean {
  return (
    phase.kind === 'awaitingConfirmation' ||
    (phase.kind === 'confirming' && command.payload !== undefined)
  );
}

/** Whether a probe is out, and its answer has not come. */
export function isUnanswered(probe: Probe): boolean {
  return probe === 'unanswered' || probe === 'suspectUnanswered';
}
