import { messageOf } from '../../../driver/message-of';
import { isFlowError, NodeError, type FlowError, type FlowErrorCode } from './node-error';
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
  const failure = toFlowError(error);
  return new Sentence(failure.code, lastSentence.of(translate, failure));
}

/** Keeps the latest sentence: a full queue refuses thousands of messages with the same one. */
class LastSentence {
  #translate: Translate | undefined;
  #error = '';
  #sentence = '';

  of(translate: Translate, error: FlowError): string {
    if (error.cause !== undefined) return sentenceOf(translate, error);
    const text = `${error.code} ${JSON.stringify(error.details)}`;
    if (translate !== this.#translate || text !== this.#error) {
      this.#sentence = sentenceOf(translate, error);
      this.#translate = translate;
      this.#error = text;
    }
    return this.#sentence;
  }
}

const lastSentence = new LastSentence();

/** Gives a code to an error without one: a getter or toJSON() of a message may throw anything. */
export function toFlowError(error: unknown): FlowError {
  return isFlow(error) ? error : new NodeError('MESSAGE_UNUSABLE', { reason: messageOf(error) });
}

/** Whether an error is one of ours. A getter of a message may throw a Proxy that throws when it is inspected. */
function isFlow(error: unknown): error is FlowError {
  try {
    return isFlowError(error);
  } catch {
    return false;
  }
}

/** The stack of a thrown value that is not one of ours, where it has one. Never throws. */
export function stackOf(error: unknown): string | undefined {
  try {
    return !isFlow(error) && error instanceof Error ? error.stack : undefined;
  } catch {
    return undefined;
  }
}
