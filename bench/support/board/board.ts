import { Child } from '../child';
import type { Answer, Order } from './board-process';

/** The process of `board-process.ts`: a simulated ESP32 behind a pty. */
export type Board = Child<Order, Answer>;

export function startBoard(): Board {
  return new Child('board/board-process', isAnswer);
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'path' in value;
}
