import type { UpgradeRequest } from '../harness/network/ws-server-paths';
import type { ReceivedFrame } from '../harness/network/ws-server-frames';
import { escape } from './escapes';
import type { StepOutcome } from './outcome';
import { framesShown, gotIn, sameFrame, type ShownFrame } from './received-frames';
import type { Rig } from './rig';
import { RANDOM_HEADERS, TLS_WORDING, USUAL_HEADERS } from './variations';

/** What the server had seen when a step began. */
export class ServerMark {
  readonly #rig: Rig;
  readonly #frames: ReadonlyMap<unknown, number>;
  readonly #requests: number;
  readonly #failures: number;

  constructor(rig: Rig) {
    this.#rig = rig;
    this.#frames = new Map(rig.server.connections.map((one) => [one, one.frames.length]));
    this.#requests = rig.server.requests.length;
    this.#failures = rig.tlsFailures.length;
  }

  /** Frames that came since, in order; only a link's if one is given. */
  framesOf(link: number | undefined): ReceivedFrame[] {
    const { server, links } = this.#rig;
    const connections = server.connections.filter(
      (one) => link === undefined || links.linkOf(one) === link,
    );
    return connections
      .flatMap((one) => one.frames.slice(this.#frames.get(one) ?? 0))
      .sort((a, b) => a.at - b.at);
  }

  get requests(): UpgradeRequest[] {
    return this.#rig.server.requests.slice(this.#requests);
  }

  get failures(): string[] {
    return this.#rig.tlsFailures.slice(this.#failures);
  }
}

/**
 * Compares what a line of prose says of the step before it.
 *
 * @returns false when the line says nothing that is known
 */
export async function checkNote(
  text: string,
  rig: Rig,
  mark: ServerMark,
  outcome: StepOutcome,
): Promise<boolean> {
  const got = gotIn(text);
  if (got) return checkFrames(got.text, mark.framesOf(got.link), outcome);
  const wire = /^(?:[a-z ]* )?on the wire\b[^:`]*:? *(?:`(.*)`|(.*))$/i.exec(text);
  if (wire) {
    checkRequest(wire[1] ?? wire[2] ?? '', mark.requests, outcome);
    return true;
  }
  const query = /^(?:AT\+)?([A-Z0-9]+)\?(?: *then| *now| *after[^:]*)?:? *`(.*)`$/.exec(text);
  if (query) {
    await checkQuery(query[1] ?? '', query[2] ?? '', rig, outcome);
    return true;
  }
  const tls = /^server: ((?:no )?request(?: seen)?.*)$/i.exec(text);
  if (tls) {
    checkHandshake(tls[1] ?? '', mark, outcome);
    return true;
  }
  return /^\(.*\)$/.test(text);
}

/** @returns false when the text is nothing that can be compared */
function checkFrames(
  expected: string,
  frames: readonly ReceivedFrame[],
  outcome: StepOutcome,
): boolean {
  const wanted = framesShown(expected);
  if (!wanted) return false;
  // The device's own pings fall where they fall; a recording that shows them is held to them.
  const others = frames.filter(({ opcode, payload }) => !isPing(opcode, payload.length));
  const wantedOthers = wanted.filter(({ opcode, length }) => !isPing(opcode, length));
  const [pings, wantedPings] = [frames.length - others.length, wanted.length - wantedOthers.length];
  const shown = wantedPings > 0 ? frames : others;
  if (sameFrames(wanted, shown)) return true;
  // Of several that time alone brought about, the first and the last are at the edges of the step.
  const near = wantedPings > 1 && Math.abs(pings - wantedPings) <= 1;
  if (near && sameFrames(wantedOthers, others)) return true;
  const actual = shown.map((frame) => describe(frame)).join(' ');
  outcome.differences.push(
    `server got, expected ${expected.slice(0, 400)}\nactual   ${actual === '' ? '(none)' : actual.slice(0, 600)}`,
  );
  return true;
}

function isPing(opcode: number, length = 0): boolean {
  return opcode === 9 && length === 0;
}

function sameFrames(wanted: readonly ShownFrame[], actual: readonly ReceivedFrame[]): boolean {
  return (
    wanted.length === actual.length &&
    wanted.every((frame, index) => sameFrame(frame, actual[index]))
  );
}

function describe(frame: ReceivedFrame): string {
  const { fin, opcode, masked, payload } = frame;
  const head = `fin=${fin ? 1 : 0} op=${opcode.toString(16)} masked=${masked ? 1 : 0} len=${payload.length}`;
  const shown = payload.subarray(0, 40);
  return `[${head}${payload.length === 0 ? '' : ` ${escape(shown)}`}${payload.length > 40 ? ' …' : ''}]`;
}

/** `/path ["Name","value",…]`: the target, and the headers that are not in every request. */
function checkRequest(
  expected: string,
  requests: readonly UpgradeRequest[],
  outcome: StepOutcome,
): void {
  const request = requests.at(-1);
  if (/^\(?(?:nothing|none|-)\)?$/i.test(expected.trim())) {
    if (request)
      outcome.differences.push(`on the wire, expected nothing\nactual   ${request.target}`);
    return;
  }
  const match = /^(?:GET )?(.*?)(?: HTTP\/1\.1)?(?: (\[.*\]))?$/s.exec(expected);
  const target = match?.[1] ?? '';
  const listed = match?.[2] === undefined ? undefined : readHeaders(match[2]);
  const names = new Set(listed?.map(([name]) => name.toLowerCase()));
  const actual = (request?.headers ?? []).filter(
    ([name]) => names.has(name.toLowerCase()) || !USUAL_HEADERS.has(name.toLowerCase()),
  );
  const plain = (headers: readonly (readonly [string, string])[]): string =>
    JSON.stringify(
      headers.map(([name, value]) => [name, RANDOM_HEADERS.has(name.toLowerCase()) ? '…' : value]),
    );
  if (request?.target === target && (!listed || plain(listed) === plain(actual))) return;
  outcome.differences.push(
    `on the wire, expected ${expected}\nactual   ${request ? `${request.target} ${JSON.stringify(actual.flat())}` : 'nothing'}`,
  );
}

/** A flat list `["Name","value",…]`, or pairs. */
function readHeaders(json: string): [string, string][] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    return undefined;
  }
  const flat = Array.isArray(list) ? list.flat().map(String) : [];
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[2 * index] ?? '',
    flat[2 * index + 1] ?? '',
  ]);
}

/** `WSOPEN? then: …`: asks, silently, and compares the answer's lines. */
async function checkQuery(
  name: string,
  expected: string,
  rig: Rig,
  outcome: StepOutcome,
): Promise<void> {
  const answer = await rig.command(`AT+${name}?`);
  const lines = answer
    .split('\r\n')
    .filter((line) => line !== '' && line !== 'OK' && !/^AT\+/i.test(line))
    .join(' ');
  const wanted = /^\(?(?:empty|none|nothing)?\)?$/i.test(expected)
    ? ''
    : expected
        .replace(/\\r\\n|\s*[|;]\s*(?=\+)/g, ' ')
        .replace(/ OK *$/, '')
        .replace(/ +/g, ' ')
        .trim();
  if (lines.replace(/ +/g, ' ').trim() === wanted) return;
  outcome.differences.push(
    `${name}?, expected ${expected}\nactual   ${lines === '' ? '(empty)' : lines}`,
  );
}

/** `request seen, client cert "client"` or `no request; …`. */
function checkHandshake(expected: string, mark: ServerMark, outcome: StepOutcome): void {
  const request = mark.requests.at(-1);
  const name = request?.clientName === undefined ? 'null' : `"${request.clientName}"`;
  const actual = request ? `request seen, client cert ${name}` : 'no request';
  const wanted = expected.replace(TLS_WORDING, '').trim();
  if (actual === wanted || (request && wanted === 'request seen')) return;
  outcome.differences.push(
    `server, expected ${wanted}\nactual   ${actual} ${mark.failures.join('; ')}`,
  );
}
