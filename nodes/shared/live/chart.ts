/** A value at a time, milliseconds. */
export interface Sample {
  readonly at: number;
  readonly value: number;
}

/** The newest values of a figure that a view shows over time. */
export class Series {
  readonly #keptMs: number;
  #samples: Sample[] = [];

  /** @param keptMs milliseconds that the view shows */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  add(at: number, value: number): void {
    const oldest = at - this.#keptMs;
    this.#samples = [...this.#samples.filter((sample) => sample.at >= oldest), { at, value }];
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** The newest value, 0 without any. */
  get last(): number {
    return this.#samples.at(-1)?.value ?? 0;
  }
}

/** Growth of a counter per second, over time. */
export class Rate {
  readonly series: Series;
  #before: Sample | undefined;

  /** @param keptMs see {@link Series} */
  constructor(keptMs: number) {
    this.series = new Series(keptMs);
  }

  /** @param total the counter, which begins again at 0 with another device */
  add(at: number, total: number): void {
    const before = this.#before;
    this.#before = { at, value: total };
    if (!before || at <= before.at || total < before.value) return;
    this.series.add(at, ((total - before.value) * 1000) / (at - before.at));
  }
}

interface ChartSize {
  readonly width: number;
  readonly height: number;
  /** Milliseconds from the left edge to the right. */
  readonly keptMs: number;
}

/** An SVG path: the line of the samples over a time that ends at `until`, and the area below it. */
export function areaPath(samples: readonly Sample[], until: number, size: ChartSize): string {
  const [first] = samples;
  if (!first) return '';
  const top = Math.max(1, ...samples.map(({ value }) => value));
  const x = (at: number) => rounded(size.width * (1 - (until - at) / size.keptMs));
  const y = (value: number) => rounded(size.height * (1 - value / top));
  const line = samples.map(({ at, value }) => `L${x(at)} ${y(value)}`).join('');
  const last = samples.at(-1) ?? first;
  return `M${x(first.at)} ${size.height}${line}L${x(last.at)} ${size.height}Z`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** An amount in short, such as `12.3 kB/s`. @param unit stands behind the amount */
export function shortAmount(value: number, unit = ''): string {
  if (value < 1000) return `${Math.round(value)} ${unit}`.trim();
  const [amount, prefix] = value < 1e6 ? [value / 1000, 'k'] : [value / 1e6, 'M'];
  return `${amount < 100 ? amount.toFixed(1) : Math.round(amount)} ${prefix}${unit}`;
}
