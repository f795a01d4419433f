/** When a transaction probes the device, in milliseconds of port idle time. */
export interface TimeoutPolicy {
  /** Until the client probes for the final result code. */
  readonly probeForFinalCodeMs: number;
  /** Until a prompt comes, which needs no network. The client never probes for a prompt: the probe may become payload. */
  readonly promptTimeoutMs: number;
  /** Until a device, idle or at work, has answered a probe. */
  readonly probeAnswerMs: number;
  /** How many times as long as usual a response may take; the times above contain it. */
  readonly slowness: number;
}

/**
 * At the rate that the device starts with, silence means that it is at work. At a negotiated rate silence may soon mean
 * that the device has restarted, and talks at another rate.
 */
export const TIMEOUT_POLICY = {
  startRate: { probeForFinalCodeMs: 4000, promptTimeoutMs: 4000, probeAnswerMs: 1500, slowness: 1 },
  negotiatedRate: {
    probeForFinalCodeMs: 500,
    promptTimeoutMs: 1000,
    probeAnswerMs: 500,
    slowness: 1,
  },
} as const satisfies Record<string, TimeoutPolicy>;

/** Returns the policy for responses that take so many times as long. */
export function slower(policy: TimeoutPolicy, slowness: number): TimeoutPolicy {
  return {
    probeForFinalCodeMs: policy.probeForFinalCodeMs * slowness,
    promptTimeoutMs: policy.promptTimeoutMs * slowness,
    probeAnswerMs: policy.probeAnswerMs * slowness,
    slowness,
  };
}
