import type { Suite } from './suite';

/** What can be measured, by name. Loaded when it is its turn: one must not slow down another. */
export const suites: Readonly<Record<string, () => Promise<{ readonly run: Suite }>>> = {
  framer: () => import('./framer.js'),
  session: () => import('./session.js'),
  wire: () => import('./wire.js'),
  simulator: () => import('./simulator.js'),
  'node-red': () => import('./node-red.js'),
  growth: () => import('./growth.js'),
};
