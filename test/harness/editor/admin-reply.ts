import assert from 'node:assert/strict';

/** An answer of the admin API. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export function replyOf(answer: unknown): Reply {
  assert.ok(typeof answer === 'object' && answer && 'status' in answer && 'body' in answer);
  return { status: Number(answer.status), body: answer.body };
}
