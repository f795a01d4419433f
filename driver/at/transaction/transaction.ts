import type { Command } from '../command';
import type { TimeoutPolicy } from '../timing/timeouts';

/**
 * A probe is a line end. A device at work answers it with `busy p...`, an idle one with `ERROR`, an open prompt not
 * at all: it takes it for payload.
 * `suspect`: the probe may have become payload; the answer that would tell cannot be told from another's.
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
  /** The payload is written. `answerable`: more has come in since; it cannot have arrived before the prompt did. */
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
  /** When the line, or the payload, was written: milliseconds of the clock. */
  writtenAt: number;
  /** The idle time, in milliseconds, at which the device is probed next, and at which it was probed last. */
  probeAt: number;
  probedAt: number;
}

const awaitingResult: Phase = { kind: 'awaitingResult', probe: 'none', busy: false };
const awaitingPrompt: Phase = {
  kind: 'awaitingPrompt',
  acknowledged: false,
  probe: 'none',
  busy: false,
};

/**
 * A transaction whose line is written now.
 * @param now milliseconds of the clock
 */
export function begin(
  command: Command,
  attempt: number,
  policy: TimeoutPolicy,
  now: number,
): Transaction {
  return {
    command,
    attempt,
    response: [],
    errorCode: '',
    phase: command.payload ? awaitingPrompt : awaitingResult,
    policy,
    writtenAt: now,
    probeAt: command.payload ? Infinity : policy.probeForResultMs,
    probedAt: 0,
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
