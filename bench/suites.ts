import type { Suite } from './suite';

/** Suites by name. `bench/run.ts` loads each at its turn, so that none slows down another. */
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
