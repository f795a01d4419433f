import { BROKEN, type InEntry, type MessageLog, type OutEntry } from '../message-log';

/** A violated invariant. */
export interface Violation {
  /** Its subject. Undetectable changes excuse violations about a `message`, and no others. */
  readonly about: 'message' | 'promise' | 'device';
  readonly text: string;
}

/** A connection of the server with the frames that it received. The path is the number of the link. */
export interface ServerEnd {
  readonly request: { readonly target: string };
  readonly frames: readonly { readonly opcode: number; readonly payload: Buffer }[];
}

/** Further results of a run. */
export interface Extras {
  /** Count of padded data prompts and of connections that the driver gave up with an error. */
  readonly pads: number;
  /** Command lines that the device executed out of messages. */
  readonly injected: readonly string[];
}

/** Events that report the loss of a message under way. */
const losses = new Set([
  ...['dataloss', 'lost', 'closed-by-server', 'device-lost', 'failed', 'closing', 'closed'],
]);

/** Checks every invariant of a run: compares what each end sent with what the other received. */
export function audit(
  log: MessageLog,
  connections: readonly ServerEnd[],
  { pads, injected }: Extras = { pads: 0, injected: [] },
): Violation[] {
  logArrivals(log, connections);
  const promises = [
    ...log.out.map(({ payload, outcome, code }) => {
      return { name: `send ${shown(payload)}`, result: outcome === 'pending' ? outcome : code };
    }),
    ...log.requests,
  ].filter(({ result }) => result === 'pending' || result.includes(BROKEN));
  const messages = [
    ...auditSent(log, pads),
    ...auditReceived(log),
    ...injected.map((line) => `the device executed ${line} out of a message`),
  ];
  return [
    ...promises.map(
      ({ name, result }) => ({ about: 'promise', text: `${name}: ${result}` }) as const,
    ),
    ...messages.map((text) => ({ about: 'message', text }) as const),
  ];
}

function logArrivals(log: MessageLog, connections: readonly ServerEnd[]): void {
  for (const { request, frames } of connections) {
    const link = ([0, 1, 2] as const).find((each) => request.target === `/${each}`);
    const connection = link !== undefined && log.accept(link);
    for (const { opcode, payload } of frames.filter((frame) => frame.opcode <= 2)) {
      if (payload.length === 0) continue;
      if (connection) log.atServer(connection, opcode, payload);
      // A corrupt URI led to another path.
      else log.unmatchedAtServer.push({ at: log.now, link: 0, bytes: payload });
    }
  }
}

function auditSent(log: MessageLog, pads: number): string[] {
  const isOwn = (entry: OutEntry) => (arrival: OutEntry['arrivals'][number]) =>
    arrival.link === entry.link && arrival.opcode === entry.opcode;
  const wrong = log.out.flatMap((entry) => {
    const count = entry.arrivals.filter(isOwn(entry)).length;
    const allowed = { sent: [1], 'not-sent': [0], unknown: [0, 1], pending: [0, 1] }[entry.outcome];
    if (allowed.includes(count)) return [];
    return [`send ${shown(entry.payload)} was "${entry.outcome}", the server got it ${count}x`];
  });
  const strays = [
    ...log.unmatchedAtServer.map(({ link, bytes }) => `${shown(bytes)} on link ${link}`),
    ...log.out.flatMap((entry) =>
      entry.arrivals
        .filter((arrival) => !isOwn(entry)(arrival))
        .map(({ link, opcode }) => `${shown(entry.payload)} on link ${link} as ${opcode}`),
    ),
  ];
  // The driver pads a prompt that it cannot leave otherwise, emits an event, and reconnects.
  const unknown = log.out.filter(({ outcome }) => outcome === 'unknown').length;
  if (strays.length <= unknown + pads) return wrong;
  return [...wrong, ...strays.map((stray) => `the server got ${stray}, which was not sent`)];
}

function auditReceived(log: MessageLog): string[] {
  const strays = [
    ...log.unmatchedAtHost.map(({ link, bytes }) => `${shown(bytes)} on link ${link}`),
    ...log.in.flatMap((entry) =>
      entry.arrivals
        .filter(({ link }) => link !== entry.link)
        .map(({ link }) => `${shown(entry.payload)} on link ${link}`),
    ),
  ];
  const wrong = log.in.flatMap((entry) => {
    const count = entry.arrivals.filter(({ link }) => link === entry.link).length;
    const what = `${shown(entry.payload)}, served on link ${entry.link},`;
    if (count > 1) return [`${what} was received ${count}x`];
    if (count === 1 || isReported(log, entry)) return [];
    return [`${what} was neither received nor reported lost`];
  });
  return [...wrong, ...strays.map((stray) => `the host got ${stray}, which was not served`)];
}

/** Whether the driver emitted an event that data of this link may be missing. */
function isReported({ events }: MessageLog, entry: InEntry): boolean {
  return events.some(
    ({ at, link, event }) => at >= entry.at && link === entry.link && losses.has(event),
  );
}

const shown = (bytes: Buffer): string => JSON.stringify(bytes.toString('latin1'));
