import type { Suite } from './suite';

/** What can be measured, by name. Loaded when it is its turn: one must not slow down another. */
export const suites: Readonly<Record<string, () => Promise<{ readonly run: Suite }>>> = {
  parser: () => import('./suites/parser.js'),
  'at-client': () => import('./suites/at-client.js'),
  requests: () => import('./suites/requests.js'),
  utilization: () => import('./suites/utilization.js'),
  climb: () => import('./suites/climb.js'),
  simulator: () => import('./suites/simulator.js'),
  'node-red': () => import('./suites/node-red.js'),
  recorder: () => import('./suites/recorder.js'),
  growth: () => import('./suites/growth.js'),
};
