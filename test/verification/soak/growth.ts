/** A value over time. */
export interface Point {
  /** Milliseconds. */
  readonly at: number;
  readonly value: number;
}

/** In this part of a run caches fill and code compiles. */
const WARM_UP_PART = 0.25;
const MIN_POINTS = 8;

/**
 * The rise of a value from the end of the warm-up to the end of the run: the median slope between all pairs of points (Theil
 * and Sen), on which single peaks have no effect, times the duration.
 * @returns undefined for too few points
 */
export function rise(points: readonly Point[]): number | undefined {
  const kept = points.slice(Math.floor(points.length * WARM_UP_PART));
  const [first] = kept;
  const last = kept.at(-1);
  if (!first || !last || kept.length < MIN_POINTS) return undefined;
  const slopes = kept.flatMap((from, index) =>
    kept.slice(index + 1).map((to) => (to.value - from.value) / (to.at - from.at)),
  );
  slopes.sort((a, b) => a - b);
  return (slopes[Math.floor(slopes.length / 2)] ?? 0) * (last.at - first.at);
}
