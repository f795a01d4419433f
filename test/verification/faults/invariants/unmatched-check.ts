import { unmatchedText, type InEntry, type MessageLog, type OutEntry } from '../../message-log';
import type { Unmatched } from '../../message-log';
import type { FaultEpisode } from '../fault-episode';
import type { Block } from '../../../harness/host-loop';
import { episodesIn } from '../fault-episode';
import type { Findings } from './findings';
import type { Loss } from './losses';
import { PROMPT_LIMIT_MS } from './recovery-limits';

/** Noise or a corrupt line adds at most this to a padded prompt. */
const MAX_NOISE_BYTES = 60;

const EOL = Buffer.from('\r\n');

/** Attributes each arrival that equals no message to a corrupt one. No message accounts for two. */
export class UnmatchedCheck {
  readonly #log: MessageLog;
  readonly #episodes: readonly FaultEpisode[];
  readonly #blocks: readonly Block[];
  readonly #losses: readonly Loss[];
  readonly #findings: Findings;

  constructor(
    log: MessageLog,
    episodes: readonly FaultEpisode[],
    blocks: readonly Block[],
    losses: readonly Loss[],
    findings: Findings,
  ) {
    this.#log = log;
    this.#episodes = episodes;
    this.#blocks = blocks;
    this.#losses = losses;
    this.#findings = findings;
  }

  run(): void {
    for (const unmatched of this.#log.unmatchedAtServer) this.#checkAtServer(unmatched);
    for (const unmatched of this.#log.unmatchedAtHost) this.#checkAtHost(unmatched);
  }

  #checkAtServer(unmatched: Unmatched): void {
    const { out } = this.#log;
    const unknown = out.filter(
      (entry) =>
        !this.#findings.attributed.has(entry) &&
        entry.arrivals.length === 0 &&
        entry.at <= unmatched.at &&
        entry.outcome === 'unknown' &&
        entry.link === unmatched.link,
    );
    const candidates = out.filter((entry) => this.#accountsFor(entry, unmatched));
    const like = [...candidates, ...unknown].find(({ payload }) =>
      isLike(payload, unmatched.bytes),
    );
    const isPad = this.#isPad(unmatched);
    // A pad must not account for the undetectable change of a message that arrived beside it.
    const entry = like ?? (isPad ? undefined : candidates[0]) ?? unknown[0];
    if (entry) this.#attribute(entry, entry.outcome === 'sent');
    else if (!isPad)
      this.#findings.violate('message', `${unmatchedText(unmatched)} arrived at the server`);
  }

  /** Whether it is a padded prompt, near which the driver emitted the end of the connection. */
  #isPad({ at, link, bytes }: Unmatched): boolean {
    const rest = bytes.toString('latin1').replace(/\r|\n|AT\+[A-Z]+\?\r\n/g, '');
    const episodes = episodesIn(this.#episodes, at, at);
    const hadWrongRate = episodes.some(({ names }) => names.includes('wrong-rate'));
    if (rest.length > MAX_NOISE_BYTES && !hadWrongRate) return false;
    return this.#losses.some(
      (loss) => loss.link === link && this.#awakeMs(loss.at, at) < PROMPT_LIMIT_MS,
    );
  }

  /** Milliseconds between two moments in which the host was not blocked. */
  #awakeMs(one: number, other: number): number {
    const [start, end] = [Math.min(one, other), Math.max(one, other)];
    const blocked = this.#blocks.map(({ from, to }) => Math.min(end, to) - Math.max(start, from));
    return blocked.reduce((sum, ms) => sum - Math.max(0, ms), end - start);
  }

  #checkAtHost(unmatched: Unmatched): void {
    const { attributed } = this.#findings;
    const candidates = this.#log.in.filter((each) => this.#accountsFor(each, unmatched));
    const entry =
      candidates.findLast(({ payload }) => isLike(payload, unmatched.bytes)) ?? candidates.at(-1);
    if (!entry) {
      const follower = this.#follower(unmatched);
      if (follower) {
        attributed.add(follower);
        this.#findings.undetectable.add('compensated');
      } else {
        this.#findings.violate('message', `${unmatchedText(unmatched)} arrived at the host`);
      }
      return;
    }
    this.#attribute(entry, true);
    // Without boundaries, one arrival may hold several messages.
    for (const each of this.#log.in) {
      if (each.arrivals.length === 0 && unmatched.bytes.includes(each.payload))
        attributed.add(each);
    }
  }

  /** The message after one whose data took the line end behind it: it begins with the line end of its own URC. */
  #follower({ link, bytes }: Unmatched): InEntry | undefined {
    const entries = this.#log.in.filter((entry) => entry.link === link);
    const index = entries.findIndex(
      (entry) => entry.arrivals.length === 0 && bytes.equals(Buffer.concat([EOL, entry.payload])),
    );
    return entries[index - 1]?.undetectable.has('compensated') ? entries[index] : undefined;
  }

  #accountsFor(entry: OutEntry | InEntry, unmatched: Unmatched): boolean {
    return (
      entry.undetectable.size > 0 &&
      entry.arrivals.length === 0 &&
      entry.at <= unmatched.at &&
      !this.#findings.attributed.has(entry)
    );
  }

  #attribute(entry: OutEntry | InEntry, counts: boolean): void {
    this.#findings.attributed.add(entry);
    if (counts) this.#findings.countUndetectable(entry);
  }
}

/** Whether bytes share their start or their end with the original. */
function isLike(meant: Buffer, bytes: Buffer): boolean {
  const [start, end] = [meant.subarray(0, 12), meant.subarray(-12)];
  return bytes.includes(start) || bytes.includes(end);
}
