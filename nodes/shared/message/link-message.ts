import type { NodeMessage } from 'node-red';
import type { FlowLinkEvent } from '../device/flow-events';
import { sentenceOf } from '../errors/sentence';
import type { Translate } from './translate';
import { changed } from './changed';

/** Names of the states 0-4 in messages. */
export const linkStateNames = [
  'closed',
  'reconnecting',
  'established',
  'waiting',
  'closing',
] as const;

/**
 * Writes an event of a link into a message: `payload` (the state 0-4), `state` (its name), `event`, `linkId`,
 * `uri`; and, if known, `error` (`code`, `message`), `retryIn` (milliseconds) and `omitted`.
 */
export function withLinkEvent(
  translate: Translate,
  event: FlowLinkEvent,
  given: NodeMessage = {},
): NodeMessage {
  return changed(given, (msg) => {
    msg.payload = event.state;
    msg.state = linkStateNames[event.state];
    msg.event = event.event;
    msg.linkId = event.link;
    msg.uri = event.uri;
    // A reused message may hold those of an earlier event.
    delete msg.error;
    delete msg.retryIn;
    delete msg.omitted;
    if (event.error) {
      msg.error = { code: event.error.code, message: sentenceOf(translate, event.error) };
    }
    if (event.retryIn !== undefined) msg.retryIn = event.retryIn;
    if (event.omitted !== undefined) msg.omitted = event.omitted;
  });
}
