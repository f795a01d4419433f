/** A value over time. */
export interface Point {
  /** Milliseconds. */
  readonly at: number;
  readonly value: number;
}

/** Part of a run that fills caches and compiles code: it is not looked at. */
const WARM_UP_PART = 0.25;
/** Fewer points say nothing. */
const LEAST_POINTS = 8;

/**
 * How much a value rises from the end of the warm-up to the end of the run: the median slope between all pairs of points
 * (Theil and Sen), which single peaks do not move, times the duration.
 * @returns undefined when there are too few points
 */
export function rise(points: readonly Point[]): number | undefined {
  const kept = points.slice(Math.floor(points.length * WARM_UP_PART));
  const [first] = kept;
  const last = kept.at(-1);
  if (!first || !last || kept.length < LEAST_POINTS) return undefined;
  const slopes = kept.flatMap((from, index) =>
    kept.slice(index + 1).map((to) => (to.value - from.value) / (to.at - from.at)),
  );
  slopes.sort((a, b) => a - b);
  return (slopes[Math.floor(slopes.length / 2)] ?? 0) * (last.at - first.at);
}
