import type { LinkId } from '../../../driver/at/types';
import { EspAtError } from '../../../driver/errors';
import type { Message } from '../../../driver/link/events';
import type { LoggedLinkEvent } from '../../harness/event-log';

/** A message that the host sends. */
export interface Sent {
  readonly link: LinkId;
  readonly text: string;
  readonly opcode: number;
  outcome: 'pending' | 'sent' | 'not-sent' | 'unknown' | 'no outcome';
  settled: number;
  code: string;
}

/** A message that the server sends. */
export interface Served {
  readonly link: LinkId;
  readonly text: string;
  readonly at: number;
}

/** Any other request to the driver. */
export interface Request {
  readonly what: string;
  settled: number;
  result: string;
}

/** Events that report the loss of a message under way. */
const losses: readonly LoggedLinkEvent['event'][] = [
  ...([
    'dataloss',
    'lost',
    'closed-by-server',
    'device-lost',
    'failed',
    'closing',
    'closed',
  ] as const),
];

/** Every message, request and event of a run. */
export class MessageLog {
  readonly sent: Sent[] = [];
  readonly served: Served[] = [];
  readonly requests: Request[] = [];
  readonly received: Message[] = [];
  readonly events: { readonly at: number; readonly event: LoggedLinkEvent }[] = [];
  /** How often the driver reported that it pads a data prompt. */
  pads = 0;
  /** Command lines that the device executed out of messages. */
  readonly injected: string[] = [];
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

  request(what: string, promise: Promise<unknown>): Promise<void> {
    const requests: Request = { what, settled: 0, result: 'pending' };
    this.requests.push(requests);
    return promise.then(
      () => {
        requests.settled++;
        requests.result = 'done';
      },
      (error: unknown) => {
        requests.settled++;
        requests.result =
          error instanceof EspAtError ? error.code : `no EspAtError: ${String(error)}`;
      },
    );
  }

  serve(link: LinkId, text: string): void {
    this.served.push({ link, text, at: this.#now() });
  }

  linkEvent(event: LoggedLinkEvent): void {
    this.events.push({ at: this.#now(), event });
  }

  /** The device begins to execute a command line. */
  commandExecuted(line: string): void {
    const ofMessage = this.sent.some(({ text }) => text.split('\r\n').includes(line));
    if (ofMessage && line.startsWith('AT')) this.injected.push(line);
  }

  /** How often the driver gave up a connection with an error, as after it padded a message. */
  get reconnects(): number {
    return this.events.filter(({ event }) => event.event === 'lost' && event.error).length;
  }

  /** Whether the driver reported that data of this link may be missing. */
  lossReported(link: LinkId, since: number): boolean {
    return this.events.some(
      ({ at, event }) => at >= since && event.link === link && losses.includes(event.event),
    );
  }
}

/** A violated invariant, by its subject. */
export interface Violation {
  /** An undetectable change excuses `message`; nothing excuses `promise` and `device`. */
  readonly about: 'message' | 'promise' | 'device';
  readonly text: string;
}

/** What the server received over one connection. */
export interface ServerEnd {
  readonly request: { readonly target: string };
  readonly frames: readonly { readonly opcode: number; readonly payload: Buffer }[];
}

/** Checks every invariant of a run: compares what each end sent with what the other received. */
export function audit(log: MessageLog, connections: readonly ServerEnd[]): Violation[] {
  return [
    ...auditPromises(log),
    ...auditSent(log, connections),
    ...auditReceived(log),
    ...log.injected.map((line) => {
      return { about: 'message', text: `the device took ${line} out of a message` } as const;
    }),
  ];
}

function auditPromises({ sent, requests }: MessageLog): Violation[] {
  const about = 'promise' as const;
  return [
    ...sent
      .filter(({ settled, outcome }) => settled !== 1 || outcome === 'no outcome')
      .map(({ text, settled, code }) => ({
        about,
        text: `send ${text}: settled ${settled}x, ${code}`,
      })),
    ...requests
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

function auditSent(log: MessageLog, connections: readonly ServerEnd[]): Violation[] {
  const about = 'message' as const;
  const { sent } = log;
  const arrivals = arrivalsAt(connections);
  const findings: Violation[] = [];
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
  // The driver pads a prompt that it cannot leave otherwise, reports it, and reconnects.
  const unknown = sent.filter(({ outcome }) => outcome === 'unknown').length;
  if (strays.length > unknown + log.reconnects + log.pads) {
    for (const { link, opcode, text } of strays) {
      findings.push({
        about,
        text: `the server got ${JSON.stringify(text)} (link ${link}, opcode ${opcode}), which the host did not send`,
      });
    }
  }
  return findings;
}

function auditReceived(log: MessageLog): Violation[] {
  const about = 'message' as const;
  const findings: Violation[] = [];
  const received = log.received.map(({ link, bytes }) => ({
    link,
    text: bytes.toString('latin1'),
  }));
  for (const { link, text, at } of log.served) {
    const count = received.filter((each) => each.link === link && each.text === text).length;
    if (count > 1) findings.push({ about, text: `${text} was received ${count}x` });
    if (count === 0 && !log.lossReported(link, at)) {
      findings.push({
        about,
        text: `${text} was served on link ${link}, neither received nor reported lost`,
      });
    }
  }
  for (const { link, text } of received) {
    if (log.served.some((each) => each.link === link && each.text === text)) continue;
    findings.push({
      about,
      text: `${JSON.stringify(text)} was received on link ${link}, which the server did not send`,
    });
  }
  return findings;
}
