import type { Random } from '../../../simulator';
import { firstRevision, type Revision } from './flows';

/** A fault for the board, with the time that it takes. */
export interface ScheduledFault {
  readonly fault: string;
  readonly durationMs: number;
}

/** Draws a fault: bytes lost or added, a pause, a restart, a cable that is pulled out. Rare ones take long. */
export function drawFault(random: Random): ScheduledFault {
  const kind = random();
  const upTo = (least: number, most: number) => least + Math.floor(random() * (most - least));
  const way = random() < 0.5 ? 'to-host' : 'to-device';
  if (kind < 0.4) {
    const count = random() < 0.6 ? 1 : upTo(2, 40);
    return { fault: `lose=${way},@${upTo(0, 3000)},${count}`, durationMs: 2000 };
  }
  if (kind < 0.6) return { fault: `noise=${way},${upTo(1, 60)}`, durationMs: 1000 };
  if (kind < 0.8) {
    const durationMs = upTo(200, 6000);
    return { fault: `stall=${durationMs}ms`, durationMs };
  }
  if (kind < 0.88) return { fault: 'restart', durationMs: 1500 };
  if (kind < 0.94) return { fault: 'power-cycle', durationMs: 2500 };
  const durationMs = upTo(500, 4000);
  return { fault: `unplug=${durationMs}ms`, durationMs };
}

/** The deploy types of Node-RED's editor. */
export const deployTypes = ['full', 'flows', 'nodes'] as const;
export type DeployType = (typeof deployTypes)[number];

/** What is changed before a deploy of each type. */
export function nextRevision(before: Revision, type: DeployType, random: Random): Revision {
  const link = Math.floor(random() * 3);
  const raise = ([a, b, c]: Revision['uri']): Revision['uri'] => [
    a + Number(link === 0),
    b + Number(link === 1),
    c + Number(link === 2),
  ];
  if (type === 'full') return before;
  if (type === 'flows') return { ...before, tab: raise(before.tab) };
  const kind = random();
  if (kind < 0.45) return { ...before, uri: raise(before.uri) };
  if (kind < 0.9) return { ...before, sender: raise(before.sender) };
  return { ...before, device: before.device + 1 };
}

export { firstRevision, type Revision };
