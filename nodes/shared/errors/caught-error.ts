import { isFlowError, type FlowErrorCode } from './node-error';
import { sentenceOf } from './sentence';
import type { Translate } from '../message/translate';

/**
 * What a Catch node gets: Node-RED makes `msg.error.message` with `toString()`, and copies `code`. A String, because the
 * debug sidebar shows an Error as an object, with its sentence cut off.
 */
export class Sentence extends String implements Error {
  readonly name = 'Sentence';
  readonly code: FlowErrorCode;

  constructor(code: FlowErrorCode, text: string) {
    super(text);
    this.code = code;
  }

  get message(): string {
    return this.toString();
  }
}

/** Any failure as the argument of `done()` and `node.error()`. Never throws. */
export function toCaughtError(translate: Translate, error: unknown): Error {
  try {
    if (isFlowError(error)) return new Sentence(error.code, sentenceOf(translate, error));
    return error instanceof Error ? error : new Error(String(error));
  } catch {
    // A message may hold values whose getters throw; what they throw may throw again in String().
    return new Error(`a value of the message throws (${typeof error})`);
  }
}
