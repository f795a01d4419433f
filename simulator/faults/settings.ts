import type { Point } from '../device/hooks';
import { type FaultSettings } from './fault';
import { directions } from '../serial/direction';

const points = [
  'command',
  'prompt',
  'payload',
  'sent',
  'answered',
] as const satisfies readonly Point[];

type Reader = readonly [pattern: RegExp, read: (match: readonly string[]) => FaultSettings];

/** The forms of a setting, and how to read each. */
const readers: readonly Reader[] = [
  [
    new RegExp(`^(${directions.join('|')})?(?:@(\\d+))?$`),
    ([, way, offset]) => ({
      ...directions.filter((direction) => direction === way).map((direction) => ({ direction }))[0],
      ...(offset === undefined ? {} : { offset: Number(offset) }),
    }),
  ],
  [
    new RegExp(`^(${points.join('|')})$`),
    ([, name]) => ({ ...points.filter((point) => point === name).map((point) => ({ point }))[0] }),
  ],
  [/^(AT.*)$/i, ([, command = '']) => ({ command })],
  [/^\+(\d+(?:\.\d+)?)(ms|s)$/, ([, time, unit]) => ({ delay: milliseconds(time, unit) })],
  [/^(\d+(?:\.\d+)?)(ms|s)$/, ([, time, unit]) => ({ duration: milliseconds(time, unit) })],
  [/^(\d+(?:\.\d+)?)%$/, ([, percent]) => ({ chance: Number(percent) / 100 })],
  [/^(\d*\.\d+|\d+(?:\.\d+)?e-\d+)$/, ([, chance]) => ({ chance: Number(chance) })],
  [/^(\d{1,6})$/, ([, count]) => ({ count: Number(count) })],
];

/**
 * Reads a fault's settings from text, its parts separated by commas: `to-host` or `to-device`, `@120` (bytes before
 * it applies), `1%` or `0.01` (chance), a point (`command`, `prompt`, `payload`, `sent`, `answered`), `AT+WSSEND`
 * (the beginning of a command), `+5s` or `+500ms` (delay), `2s` or `200ms` (duration), `3` (count, at most 999,999).
 *
 * @throws Error that names the part it does not understand
 */
export function parseSettings(text: string): FaultSettings {
  let settings: FaultSettings = {};
  for (const part of text === '' ? [] : text.split(',')) {
    const read = readers.flatMap(([pattern, take]) => {
      const match = part === '' ? null : pattern.exec(part);
      return match ? [take(match)] : [];
    })[0];
    if (!read) throw new Error(`"${part}" is not a setting of a fault`);
    settings = { ...settings, ...read };
  }
  return settings;
}

/** The inverse of {@link parseSettings}. Other settings, such as a command with a comma, get a text that it misreads. */
export function formatSettings(settings: FaultSettings): string {
  const { direction, offset, chance, point, command, delay, duration, count } = settings;
  const place = `${direction ?? ''}${offset === undefined ? '' : `@${offset}`}`;
  return [
    place === '' ? [] : [place],
    chance === undefined ? [] : [formatChance(chance)],
    point ?? [],
    command ?? [],
    delay === undefined ? [] : [`+${delay}ms`],
    duration === undefined ? [] : [`${duration}ms`],
    count === undefined ? [] : [String(count)],
  ]
    .flat()
    .join();
}

function formatChance(chance: number): string {
  const text = String(chance);
  return /^\d+$/.test(text) ? `${text}.0` : text;
}

const milliseconds = (time = '0', unit = 'ms'): number => Number(time) * (unit === 's' ? 1000 : 1);
