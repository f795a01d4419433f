import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { EspAtError } from '../../../driver/errors';
import type { Message } from '../../../driver/link/events';
import type { ReplyMatch } from '../../../driver/link/request/options';
import { messageOf } from '../../../driver/message-of';
import { settingText } from '../settings/settings';
import { copyOf } from './changed';

/** How ws-request knows a reply, as its dialog stores it. */
export interface ReplyMatchDef {
  match?: 'property' | 'array' | 'jsonata' | 'next';
  requestPath?: string;
  /** Empty: the path in the request. */
  replyPath?: string;
  /** JSONata over `request` and `reply`. */
  condition?: string;
}

/** Makes the driver's match for one request. @param payload what is sent: a condition sees it as the payload of the request */
export type MatchFor = (msg: NodeMessage, payload: unknown) => ReplyMatch;

/** @throws EspAtError `INVALID_REQUEST`: the condition is not valid JSONata */
export function replyMatch(RED: NodeAPI, node: Node, def: ReplyMatchDef): MatchFor {
  switch (def.match) {
    case 'array':
      return () => ({ by: 'array' });
    case 'next':
      return () => ({ by: 'next' });
    case 'jsonata':
      return conditional(RED, node, def.condition ?? '');
    default: {
      const request = settingText(RED, node, def.requestPath ?? 'id');
      const reply = settingText(RED, node, def.replyPath);
      return () => ({ by: 'property', request, ...(reply === '' ? {} : { reply }) });
    }
  }
}

function conditional(RED: NodeAPI, node: Node, condition: string): MatchFor {
  const expression = prepared(RED, node, condition);
  return (msg, payload) => {
    const request = { ...copyOf(msg), payload };
    return {
      by: 'function',
      matches: (message, json) => {
        const context = { request, reply: replyOf(message, json) };
        return new Promise<boolean>((resolve, reject) => {
          RED.util.evaluateJSONataExpression(expression, context, (error, result: unknown) => {
            if (error) reject(error);
            else resolve(result === true);
          });
        });
      },
    };
  };
}

function prepared(RED: NodeAPI, node: Node, condition: string) {
  try {
    return RED.util.prepareJSONataExpression(condition, node);
  } catch (error) {
    const details = { setting: 'condition', reason: messageOf(error) };
    throw new EspAtError('INVALID_REQUEST', details, { cause: error, outcome: 'not-sent' });
  }
}

/** A message as the condition sees it: JSON objects and arrays parsed, other text as a string. */
function replyOf({ bytes, opcode }: Message, json: unknown): object {
  return { payload: json ?? (opcode === 2 ? bytes : bytes.toString()) };
}
