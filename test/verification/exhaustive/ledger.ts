import type { LinkId } from '../../../driver/at/types';
import { EspAtError } from '../../../driver/errors';
import type { LinkEvent, LinkEventName, Message } from '../../../driver/link/options';

/** A message from the host to the server. */
export interface Sent {
  readonly link: LinkId;
  readonly text: string;
  readonly opcode: number;
  outcome: 'pending' | 'sent' | 'not-sent' | 'unknown' | 'no outcome';
  /** How often its promise settled. */
  settled: number;
  code: string;
}

/** A message from the server to the host. */
export interface Served {
  readonly link: LinkId;
  readonly text: string;
  readonly at: number;
}

/** Any other request to the driver. */
export interface Asked {
  readonly what: string;
  settled: number;
  result: string;
}

/** Events after which nobody expects a message that was under way to arrive. */
const losses: readonly LinkEventName[] = [
  ...(['gap', 'lost', 'closed-by-server', 'device-lost', 'failed', 'closing', 'closed'] as const),
];

/** What went in and came out, small enough to be compared message by message. */
export class Ledger {
  readonly sent: Sent[] = [];
  readonly served: Served[] = [];
  readonly asked: Asked[] = [];
  readonly received: Message[] = [];
  readonly events: { readonly at: number; readonly event: LinkEvent }[] = [];
  /** How often a data prompt was said to be filled with line ends. */
  fills = 0;
  /** Command lines that the device took out of messages. */
  readonly smuggled: string[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  send(entry: Pick<Sent, 'link' | 'text' | 'opcode'>, promise: Promise<void>): Promise<void> {
    const sent: Sent = { ...entry, outcome: 'pending', settled: 0, code: '' };
    this.sent.push(sent);
    return promise.then(
      () => {
        sent.settled++;
        sent.outcome = 'sent';
      },
      (error: unknown) => {
        sent.settled++;
        const known = error instanceof EspAtError;
        sent.outcome = (known ? error.outcome : undefined) ?? 'no outcome';
        sent.code = known ? error.code : String(error);
      },
    );
  }

  ask(what: string, promise: Promise<unknown>): Promise<void> {
    const asked: Asked = { what, settled: 0, result: 'pending' };
    this.asked.push(asked);
    return promise.then(
      () => {
        asked.settled++;
        asked.result = 'done';
      },
      (error: unknown) => {
        asked.settled++;
        asked.result = error instanceof EspAtError ? error.code : `no EspAtError: ${String(error)}`;
      },
    );
  }

  serve(link: LinkId, text: string): void {
    this.served.push({ link, text, at: this.#now() });
  }

  heard(event: LinkEvent): void {
    this.events.push({ at: this.#now(), event });
  }

  /** The device begins to carry out a command line. */
  carriedOut(line: string): void {
    const ofMessage = this.sent.some(({ text }) => text.split('\r\n').includes(line));
    if (ofMessage && line.startsWith('AT')) this.smuggled.push(line);
  }

  /** How often a connection was given up with a reason, as after a message completed with line ends. */
  get renewals(): number {
    return this.events.filter(({ event }) => event.event === 'lost' && event.error).length;
  }

  /** Whether whoever listens was told that something of this link may be missing. */
  lossReported(link: LinkId, since: number): boolean {
    return this.events.some(
      ({ at, event }) => at >= since && event.link === link && losses.includes(event.event),
    );
  }
}

/** Everything that the books do not bear out, by what it is about. */
export interface Finding {
  /** `message`: what no host could know may excuse it; `promise` and `device`: nothing does. */
  readonly about: 'message' | 'promise' | 'device';
  readonly text: string;
}

/** What one connection brought to the server. */
export interface ServerEnd {
  readonly request: { readonly target: string };
  readonly frames: readonly { readonly opcode: number; readonly payload: Buffer }[];
}

/** Compares what went in with what came out. */
export function audit(ledger: Ledger, connections: readonly ServerEnd[]): Finding[] {
  return [
    ...auditPromises(ledger),
    ...auditSent(ledger, connections),
    ...auditReceived(ledger),
    ...ledger.smuggled.map((line) => {
      return { about: 'message', text: `the device took ${line} out of a message` } as const;
    }),
  ];
}

function auditPromises({ sent, asked }: Ledger): Finding[] {
  const about = 'promise' as const;
  return [
    ...sent
      .filter(({ settled, outcome }) => settled !== 1 || outcome === 'no outcome')
      .map(({ text, settled, code }) => ({
        about,
        text: `send ${text}: settled ${settled}x, ${code}`,
      })),
    ...asked
      .filter(({ settled, result }) => settled !== 1 || result.startsWith('no EspAtError'))
      .map(({ what, settled, result }) => ({
        about,
        text: `${what}: settled ${settled}x, ${result}`,
      })),
  ];
}

interface Arrival {
  readonly link: number;
  readonly opcode: number;
  readonly text: string;
}

function arrivalsAt(connections: readonly ServerEnd[]): Arrival[] {
  return connections.flatMap(({ request, frames }) =>
    frames
      .filter(({ opcode, payload }) => opcode <= 2 && payload.length > 0)
      .map(({ opcode, payload }) => ({
        link: Number(request.target.slice(1)),
        opcode,
        text: payload.toString('latin1'),
      })),
  );
}

function auditSent(ledger: Ledger, connections: readonly ServerEnd[]): Finding[] {
  const about = 'message' as const;
  const { sent } = ledger;
  const arrivals = arrivalsAt(connections);
  const findings: Finding[] = [];
  for (const { link, text, opcode, outcome } of sent) {
    const count = arrivals.filter(
      (each) => each.text === text && each.link === link && each.opcode === opcode,
    ).length;
    const allowed = outcome === 'sent' ? [1] : outcome === 'not-sent' ? [0] : [0, 1];
    if (!allowed.includes(count)) {
      findings.push({ about, text: `send ${text} was "${outcome}", the server got it ${count}x` });
    }
  }
  const strays = arrivals.filter(
    (each) =>
      !sent.some(
        ({ link, text, opcode }) =>
          link === each.link && text === each.text && opcode === each.opcode,
      ),
  );
  // A prompt that cannot be left otherwise is filled with line ends; that is said, and the link renewed.
  const unknown = sent.filter(({ outcome }) => outcome === 'unknown').length;
  if (strays.length > unknown + ledger.renewals + ledger.fills) {
    for (const { link, opcode, text } of strays) {
      findings.push({
        about,
        text: `the server got ${JSON.stringify(text)} (link ${link}, opcode ${opcode}), which nobody sent`,
      });
    }
  }
  return findings;
}

function auditReceived(ledger: Ledger): Finding[] {
  const about = 'message' as const;
  const findings: Finding[] = [];
  const received = ledger.received.map(({ link, bytes }) => ({
    link,
    text: bytes.toString('latin1'),
  }));
  for (const { link, text, at } of ledger.served) {
    const count = received.filter((each) => each.link === link && each.text === text).length;
    if (count > 1) findings.push({ about, text: `${text} was received ${count}x` });
    if (count === 0 && !ledger.lossReported(link, at)) {
      findings.push({
        about,
        text: `${text} was served on link ${link}, neither received nor missed`,
      });
    }
  }
  for (const { link, text } of received) {
    if (ledger.served.some((each) => each.link === link && each.text === text)) continue;
    findings.push({
      about,
      text: `${JSON.stringify(text)} was received on link ${link}, which nobody served`,
    });
  }
  return findings;
}
