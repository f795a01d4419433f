import type { LinkId } from '../../../driver/at/types';
import type { Random } from '../../../simulator';
import { below, between } from '../../harness/random';
import { LINKS, type Revision } from './flows';

/** A fault for the board, with its duration. */
export interface BoardFault {
  readonly fault: string;
  readonly durationMs: number;
}

/** Draws a fault: lost or added bytes, a stall, a restart, an unplugged cable. Long ones are rare. */
export function drawBoardFault(random: Random): BoardFault {
  const kind = random();
  const way = random() < 0.5 ? 'to-host' : 'to-device';
  if (kind < 0.4) {
    const count = random() < 0.6 ? 1 : between(random, 2, 39);
    return { fault: `lose=${way},@${below(random, 3000)},${count}`, durationMs: 2000 };
  }
  if (kind < 0.6) return { fault: `noise=${way},${between(random, 1, 59)}`, durationMs: 1000 };
  if (kind < 0.8) {
    const durationMs = between(random, 200, 5999);
    return { fault: `stall=${durationMs}ms`, durationMs };
  }
  if (kind < 0.88) return { fault: 'restart', durationMs: 1500 };
  if (kind < 0.94) return { fault: 'power-cycle', durationMs: 2500 };
  const durationMs = between(random, 500, 3999);
  return { fault: `unplug=${durationMs}ms`, durationMs };
}

/** The deploy types of Node-RED's editor. */
export const deployTypes = ['full', 'flows', 'nodes'] as const;
export type DeployType = (typeof deployTypes)[number];

/** The links whose nodes a deploy stops. */
export function stoppedLinks(type: DeployType, before: Revision, after: Revision): LinkId[] {
  const isAll = type === 'full' || before.device !== after.device;
  const parts = ['uri', 'sender', 'tab'] as const;
  return LINKS.filter(
    (link) => isAll || parts.some((part) => before[part][link] !== after[part][link]),
  );
}

/** The revision for a deploy of a type. */
export function nextRevision(before: Revision, type: DeployType, random: Random): Revision {
  const link = below(random, 3);
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
