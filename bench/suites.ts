import type { Suite } from './suite';

/** What can be measured, by name. Loaded when it is its turn: one must not slow down another. */
export const suites: Readonly<Record<string, () => Promise<{ readonly run: Suite }>>> = {
  parser: () => import('./parser.js'),
  'at-client': () => import('./at-client.js'),
  requests: () => import('./requests.js'),
  utilization: () => import('./utilization.js'),
  simulator: () => import('./simulator.js'),
  'node-red': () => import('./node-red.js'),
  recorder: () => import('./recorder.js'),
  growth: () => import('./growth.js'),
};
