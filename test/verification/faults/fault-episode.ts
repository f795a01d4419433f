import type { Hit } from '../../../simulator/faults';

/** One fault, or two at once, and the recovery from it. */
export interface FaultEpisode {
  readonly names: readonly string[];
  readonly hits: readonly Hit[];
  /** When it struck first. */
  readonly from: number;
  /** When its cause was gone, so that the driver could recover. */
  readonly gone: number;
  /** When all links passed messages both ways again; undefined: not within the limit. */
  readonly recovered: number | undefined;
  /** When the device was ready, all links open, and a message went out that was begun afterwards. */
  readonly usable: number | undefined;
  /** Milliseconds between `gone` and `usable` that the device's data filled the port. */
  readonly flooded: number;
  /** Milliseconds from the first stroke until all was well that the host was blocked. */
  readonly blocked: number;
  /** When the links were open again after the device or its port had been lost. */
  readonly reopened: number | undefined;
}

/** Whether an episode is one fault of these kinds and nothing else. */
export function isAlone(episode: FaultEpisode, ...names: readonly string[]): boolean {
  const [name] = episode.names;
  return episode.names.length === 1 && name !== undefined && names.includes(name);
}
