import type { MessageLog } from '../../message-log';
import { isAlone, type FaultEpisode } from '../fault-episode';
import { PORT_BUSY } from '../fault-schedule';

const RESTART_LIMIT_MS = 2000;
const REPLUG_LIMIT_MS = 3000;
/** After lost bytes at a data prompt. */
export const PROMPT_LIMIT_MS = 15_000;
/** Extra time where the driver takes the `ready` of a restart for the rest of data that the restart cut off. */
const MISSED_READY_MS = 4000;
/**
 * Extra time where the device restarts behind its answer to the settings of a link: it may read the AT+WSOPEN that follows, and
 * fails that after 5 s without a network.
 */
const STRAY_OPEN_MS = 5000;
/** After other faults: a pong is overdue after 12 s, the device reconnects 15 s later, then the host checks its links. */
const RECOVERY_LIMIT_MS = 90_000;

/** Times of the harness itself, in milliseconds. */
export interface Times {
  /** From power-up to an address. */
  readonly bootAndJoinMs: number;
  /** Of the longest payload at the port's rate. */
  readonly padMs: number;
}

/** Recoveries that took too long, one sentence each. */
export function slowRecoveries(episode: FaultEpisode, log: MessageLog, times: Times): string[] {
  const { bootAndJoinMs, padMs } = times;
  const found: string[] = [];
  const what = `${episode.names.join(' with ')} at ${Math.round(episode.from)}`;
  if (episode.recovered === undefined) {
    return [`${what}: messages never passed again`];
  }
  const within = (name: string, took: number, limit: number) => {
    if (took > limit) found.push(`${what}: ${name} took ${Math.round(took)} ms of ${limit}`);
  };
  const { reopened, blocked } = episode;
  const anything = RECOVERY_LIMIT_MS * episode.names.length + blocked;
  within('messages passing again', episode.recovered - episode.gone, anything);
  // Data of servers leaves no room for responses on the line, and a blocked host reads none.
  const flooded = episode.flooded + blocked;
  if (reopened !== undefined && isAlone(episode, 'restart', 'power-cycle')) {
    const limit =
      RESTART_LIMIT_MS +
      bootAndJoinMs +
      flooded +
      (isBeforeOpen(episode) ? STRAY_OPEN_MS : 0) +
      (readyWasReceived(episode, log, bootAndJoinMs) ? 0 : MISSED_READY_MS);
    within('opening the links', reopened - episode.gone, limit);
  }
  if (reopened !== undefined && isAlone(episode, 'unplug', PORT_BUSY))
    within('opening the links', reopened - episode.gone, REPLUG_LIMIT_MS + padMs + flooded);
  const [hit] = episode.hits;
  const atPrompt = hit?.place.kind === 'bytes' && hit.place.direction === 'to-device';
  if (atPrompt && isAlone(episode, 'lose'))
    within('sending again', (episode.usable ?? Infinity) - episode.gone, PROMPT_LIMIT_MS + flooded);
  return found;
}

/** Whether the driver sends AT+WSOPEN next. */
function isBeforeOpen({ hits: [hit] }: FaultEpisode): boolean {
  const place = hit?.place;
  return (
    place?.kind === 'command' && place.point === 'answered' && place.line.startsWith('AT+WSCFG=')
  );
}

/** Whether the driver emitted the restart before the device had an address again. */
function readyWasReceived(
  { from, gone }: FaultEpisode,
  log: MessageLog,
  bootAndJoinMs: number,
): boolean {
  return log.events.some(
    ({ event, at }) => event === 'restart' && at >= from && at <= gone + bootAndJoinMs,
  );
}
