import type { Hit } from '../../../simulator/faults';

/** One fault, or two at once, and the recovery. Times in milliseconds on the harness's clock. */
export interface FaultEpisode {
  readonly names: readonly string[];
  readonly hits: readonly Hit[];
  /** When it first applied. */
  readonly from: number;
  /** When it ended, so that the driver could recover. */
  readonly gone: number;
  /** When all links passed messages both ways again; undefined: not within the limit. */
  readonly recovered: number | undefined;
  /** See {@link Recovery.usable}; undefined: not within the limit. */
  readonly usable: number | undefined;
  /** Milliseconds from `gone` to `usable` in which the device's data filled the port. */
  readonly flooded: number;
  /** Milliseconds from `gone` to the recovery in which the host was blocked. */
  readonly blocked: number;
  /** See {@link Recovery.reopened}. */
  readonly reopened: number | undefined;
}

/** Whether an episode is one fault of these kinds and nothing else. */
export function isAlone(episode: FaultEpisode, ...names: readonly string[]): boolean {
  const [name] = episode.names;
  return episode.names.length === 1 && name !== undefined && names.includes(name);
}

/** Those that were active in a time, or had not recovered. */
export function episodesIn(
  episodes: readonly FaultEpisode[],
  start: number,
  end: number,
): readonly FaultEpisode[] {
  return episodes.filter(
    ({ from, gone, recovered = Infinity }) => from <= end && Math.max(gone, recovered) >= start,
  );
}
