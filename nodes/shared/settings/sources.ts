import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { isFixed, type Source } from '../checks/source';
import { NodeError, type FlowName, type FlowReason } from '../errors/node-error';
import { calledBack } from './called-back';
import { expandEnvironment } from './settings';

/** The value of a setting for one message; a promise where it comes from a context or an expression. */
export type ReadSetting = (msg: NodeMessage) => unknown;

/**
 * Makes the reader of a setting whose {@link Source} is not the text in the dialog.
 * @param setting names the setting in errors
 * @returns undefined if the text in the dialog is the value
 */
export function settingSource(
  RED: NodeAPI,
  node: Node,
  setting: FlowName,
  value: unknown,
  source: Source | undefined,
): ReadSetting | undefined {
  return isFixed(source) ? undefined : reader(RED, node, setting, value, source);
}

/**
 * Reads a property, a variable, an expression or a text for each message.
 * The reader throws, or its promise is rejected with, a NodeError `VALUE_UNREADABLE`.
 */
export function reader(
  RED: NodeAPI,
  node: Node,
  setting: FlowName,
  value: unknown,
  source: Source,
): ReadSetting {
  const given = typeof value === 'string' ? value : '';
  const text = isFixed(source) ? expandEnvironment(RED, node, given) : given;
  const unreadable = (reason: FlowReason, cause?: unknown) =>
    new NodeError('VALUE_UNREADABLE', { setting, reason }, { cause });
  const failing = (error: NodeError) => () => {
    throw error;
  };
  if (text.trim() === '' && !isFixed(source)) return failing(unreadable('EMPTY'));
  switch (source) {
    case 'jsonata': {
      try {
        const expression = RED.util.prepareJSONataExpression(text, node);
        return evaluated(
          (msg, done) => RED.util.evaluateJSONataExpression(expression, msg, done),
          (error) => unreadable('EXPRESSION_FAILS', error),
        );
      } catch (error) {
        return failing(unreadable('EXPRESSION_FAILS', error));
      }
    }
    case 'flow':
    case 'global':
      return evaluated(
        (msg, done) => {
          RED.util.evaluateNodeProperty(text, source, node, msg, done);
        },
        (error) => unreadable('CONTEXT_UNREADABLE', error),
      );
    default:
      return (msg) => {
        try {
          const read: unknown = RED.util.evaluateNodeProperty(text, source, node, msg);
          return read;
        } catch (error) {
          throw unreadable('CONTEXT_UNREADABLE', error);
        }
      };
  }
}

/** Reads settings for one message: at once, or as a promise where one of them takes time. */
export function readAll(
  msg: NodeMessage,
  readers: readonly ReadSetting[],
): readonly unknown[] | Promise<readonly unknown[]> {
  const values = readers.map((read) => {
    try {
      return read(msg);
    } catch (error) {
      // Throws nothing here: the promise of an earlier reader would have no handler, and an unhandled rejection ends Node-RED.
      return Promise.resolve().then(() => {
        throw error;
      });
    }
  });
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : values;
}

type Evaluate = (msg: NodeMessage, done: (error: Error | null, value: unknown) => void) => void;

function evaluated(evaluate: Evaluate, failure: (error: unknown) => Error): ReadSetting {
  return (msg) =>
    calledBack<unknown>((done) => evaluate(msg, done)).catch((error: unknown) => {
      throw failure(error);
    });
}
