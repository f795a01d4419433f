import { Child } from './child';
import type { Answer, Order } from './far-process';

/** A process with a pty and a simulated ESP32 behind it; see `far-process`. */
export type FarLine = Child<Order, Answer>;

export function startFarLine(): FarLine {
  return new Child('far-process', isAnswer);
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'path' in value;
}
