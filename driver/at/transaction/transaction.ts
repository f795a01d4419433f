import type { Command } from '../command';
import type { OutOfSyncReason } from '../events';

/** When a transaction probes the device, in milliseconds of port idle time. */
export interface TimeoutPolicy {
  /** Until the client probes for the final result code. */
  readonly probeForFinalCodeMs: number;
  /** Until a prompt comes, which needs no network. The client never probes for a prompt: the probe may become payload. */
  readonly promptTimeoutMs: number;
  /** Until a device, idle or at work, has answered a probe. */
  readonly probeAnswerMs: number;
}

/**
 * At the rate that the device starts with, silence means that it is at work. At a negotiated rate silence may soon mean
 * that the device has restarted, and talks at another rate.
 */
export const TIMEOUT_POLICY = {
  startRate: { probeForFinalCodeMs: 4000, promptTimeoutMs: 4000, probeAnswerMs: 1500 },
  negotiatedRate: { probeForFinalCodeMs: 500, promptTimeoutMs: 1000, probeAnswerMs: 500 },
} as const satisfies Record<string, TimeoutPolicy>;

/**
 * A probe is a line end. A device at work answers it with `busy p...`, an idle one with `ERROR`, an open prompt not
 * at all: it takes it for payload.
 * `suspect`: the probe may have become payload. Its answer, `busy p...`, proves nothing: the device sends the same in
 * response to payload bytes beyond the length that it has read.
 */
export type Probe = 'none' | 'unanswered' | 'suspect' | 'suspectUnanswered';

interface Waiting {
  readonly probe: Probe;
  /** Whether `busy p...` came although no probe was unanswered. */
  readonly busy: boolean;
}

/** How far a transaction has come. */
export type Phase =
  /** The command has no payload: its line is written. */
  | (Waiting & { readonly kind: 'awaitingFinalCode' })
  /** The line is written. `acknowledged`: the `OK` before the prompt has come. */
  | (Waiting & { readonly kind: 'awaitingPrompt'; readonly acknowledged: boolean })
  /**
   * The payload is written. `hasLaterChunk`: the port has delivered bytes since. The rest of the chunk with the prompt is
   * older than the payload, and cannot be its response.
   */
  | (Waiting & { readonly kind: 'awaitingConfirmation'; readonly hasLaterChunk: boolean })
  /**
   * A success has come after a probe that is unanswered, or may have become payload. It counts once the client knows where
   * the probe went.
   */
  | { readonly kind: 'confirming'; readonly by: Confirmation };

/**
 * What confirms a success.
 * - `probeAnswer`: the answer that the probe still owes.
 * - `lineFeed`: the answer to an LF, which completes the CR of the probe to an empty command line.
 * - `at`: the OK of an `AT`.
 */
export type Confirmation = 'probeAnswer' | 'lineFeed' | 'at';

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
  /** Port idle time at which the client probes next, in milliseconds. */
  nextProbeIdleMs: number;
  /** Port idle time at the last probe, or at a success in doubt after it. */
  lastProbeIdleMs: number;
}

/** What the client does after a line, a prompt, or port idle time. */
export type Action =
  | 'none'
  /** The line does not belong to the transaction. */
  | 'urc'
  /** The command came back as typed: echo is on, which only a restart does. */
  | 'echo'
  | 'writePayload'
  | 'writeCrLf'
  /**
   * Writes the probe after a payload. Should the payload lack a byte, the CR completes it; the LF of a CR LF would then be
   * a byte too many, which the device answers with `busy p...` as if it were at work.
   */
  | 'writeCr'
  | 'writeLf'
  /** Writes `AT` as a question: bytes before it in the device's line turn its OK into ERROR. */
  | 'writeAt'
  | 'succeeded'
  | 'refused'
  /** The final result code is lost. */
  | Extract<OutOfSyncReason, 'NO_RESPONSE' | 'UNEXPECTED_RESPONSE' | 'CORRUPT_PAYLOAD'>;

/** What a phase begins with. */
export const UNPROBED: Waiting = { probe: 'none', busy: false };

/** A transaction whose line is written now. */
export function begin(command: Command, attempt: number, policy: TimeoutPolicy): Transaction {
  return {
    command,
    attempt,
    response: [],
    errorCode: '',
    phase: command.payload
      ? { kind: 'awaitingPrompt', acknowledged: false, ...UNPROBED }
      : { kind: 'awaitingFinalCode', ...UNPROBED },
    policy,
    // A probe before the prompt could become the payload.
    nextProbeIdleMs: command.payload ? Infinity : policy.probeForFinalCodeMs,
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

/** Whether the answer to the last probe has not come. */
export function isUnanswered(probe: Probe): boolean {
  return probe === 'unanswered' || probe === 'suspectUnanswered';
}
