import { Child } from '../child';
import type { FlowAnswer, FlowOrder } from './node-red-process';

/** The process of `node-red-process.ts`: a Node-RED with one flow. */
export type FlowProcess = Child<FlowOrder, FlowAnswer>;

export function startFlowProcess(): FlowProcess {
  return new Child('node-red/node-red-process', isAnswer);
}

function isAnswer(value: unknown): value is FlowAnswer {
  return typeof value === 'object' && value !== null && 'milliseconds' in value;
}
