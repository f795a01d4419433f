import { showsActivity } from '../at/outcome';
import type { PortLease } from '../at/port-lease';
import { onTimeout } from '../clock';
import { query } from '../commands/build';
import { runOptionalQuery } from '../commands/run-query';
import { uartQuery } from '../commands/uart';
import { Deferred } from '../deferred';
import { DEFAULT_RATE, likelyRates } from '../device/baud-rate/rates';
import { MAX_SLOWNESS, search, type Trial } from '../device/baud-rate/search';
import type { SessionPort } from '../device/session/session-port';
import { parseTcpAddress } from '../values/port-address';
import type { Examination } from './examination';

/** Milliseconds after which the search ends: a port that is never idle delays it by minutes, and a dialog waits 60 s. */
const SEARCH_TIMEOUT_MS = 50_000;
/** How many rates to try with padding, which takes long. */
const PADDED_RATES = 2;
/** How often to ask for the echo where other lines come in its place. */
const MAX_ECHO_TESTS = 3;
/**
 * A response within so many milliseconds is quick: half of the 250 ms of silence after a line end that end a wait at the pace
 * `search` (`LIMITS_MS` in at/port-lease.ts).
 */
const QUICK_RESPONSE_MS = 125;
/** Slowness to assume behind a bridge until a response shows it: a network may delay responses by up to 4.8 s. */
const BRIDGE_SLOWNESS = 4;
/** Milliseconds of a round trip above which the doctor names the bridge, and examines no more: it would take minutes. */
const MAX_ROUND_TRIP_MS = 1500;

/**
 * Finds the device at any usual baud rate, and whether it echoes; leaves `hasAnswered` false where it does not answer as ESP-AT
 * does, or a bridge is too slow to examine what is behind it.
 * @returns whether the device answers as ESP-AT does
 */
export async function examineRate(examination: Examination): Promise<boolean> {
  const { port, facts } = examination;
  const { memory } = port;
  if (isBehindNetwork(port)) port.knowledge.slowness = BRIDGE_SLOWNESS;
  if (!(await answersInTime(examination))) return false;
  memory.pendingPrompt = false;
  memory.baudRate = port.baudRate;
  // Behind a bridge: the rate that the options declare.
  facts.baudRate = port.rate;
  const commandEcho = await echoes(examination);
  if (commandEcho === undefined) return true;
  facts.commandEcho = commandEcho;
  if (commandEcho) examination.addFinding('ECHO_ON');
  await explainRate(examination);
  return true;
}

/** As {@link answers}; false after a time limit. The search then goes on until the client closes. */
async function answersInTime(examination: Examination): Promise<boolean> {
  const late = new Deferred<'late'>();
  const cancel = onTimeout(examination.clock, SEARCH_TIMEOUT_MS, () => late.resolve('late'));
  try {
    const outcome = await Promise.race([late.promise, answers(examination)]);
    if (outcome !== 'late') return outcome;
  } finally {
    cancel();
  }
  addNoAnswer(examination);
  return false;
}

async function answers(examination: Examination): Promise<boolean> {
  // After the padding a query does no more harm: a prompt that is open still has corrupt bytes already.
  return (
    (examination.port.memory.pendingPrompt === true && (await answersToPadding(examination))) ||
    answersAtAnyRate(examination)
  );
}

/** Tries the rate of the port, then all others, then the likeliest ones with padding. */
async function answersAtAnyRate(examination: Examination): Promise<boolean> {
  const { access, port } = examination;
  const { startRate } = port;
  const atStartRate = [trial(startRate, 'never', 'startRate')];
  if (await search(access, port, atStartRate)) return true;
  await port.setRate(startRate);
  if (isBehindNetwork(port) && (await access.lendPort(hearsLateResponse))) {
    // Network or device may have paused once.
    if (await search(access, port, atStartRate)) return true;
    examination.addFinding('SLOW_BRIDGE', { port: port.address });
    return false;
  }
  const version = await access.lendPort(otherVersion);
  if (version !== undefined) {
    // Opening the port may restart a board: it may have been booting before.
    if (await search(access, port, atStartRate)) return true;
    examination.addFinding('LOOK_ALIKE', { port: port.address, version });
    return false;
  }
  const rates = port.canSetRate ? likelyRates([startRate, DEFAULT_RATE], true) : [undefined];
  const others = rates.slice(1).map((rate) => trial(rate, 'never'));
  if (others.length > 0 && (await search(access, port, others))) return true;
  const padded = rates.slice(0, PADDED_RATES).map((rate) => trial(rate, 'first'));
  if (await search(access, port, padded)) {
    if (!examination.hasBooted) examination.addFinding('PROMPT_OPEN');
    return true;
  }
  // Opening the port may restart a board: it may have been booting all that time.
  if (await search(access, port, [...atStartRate, ...atStartRate])) return true;
  addNoAnswer(examination);
  return false;
}

function addNoAnswer(examination: Examination): void {
  const { counters, port } = examination;
  const details = { port: port.address };
  if (!port.canSetRate) examination.addFinding('NO_ANSWER_BRIDGE', details);
  else examination.addFinding(counters.port.received > 0 ? 'UNREADABLE' : 'NO_ANSWER', details);
}

/**
 * Pads at each likely rate, because the last session on the port has left a prompt that may still come: the device would
 * take a query for a part of the message.
 */
function answersToPadding({ access, port }: Examination): Promise<boolean> {
  const { canSetRate, memory, startRate } = port;
  const rates = canSetRate
    ? likelyRates([memory.baudRate, startRate, DEFAULT_RATE], false)
    : [undefined];
  // A bridge may delay the response: one trial, which waits for long, instead of three.
  const likeliest = canSetRate ? rates.slice(0, 1) : [];
  const pace = canSetRate ? 'search' : 'startRate';
  const padded = [...rates, ...likeliest, ...likeliest].map((rate) => trial(rate, 'first', pace));
  return search(access, port, padded);
}

/** Whether a network may delay responses. The port of a simulated device has no rate either, but no network. */
const isBehindNetwork = ({ canSetRate, rate }: SessionPort) => !canSetRate && rate !== undefined;

const trial = (
  rate: number | undefined,
  pad: Trial['pad'],
  pace: Trial['pace'] = 'search',
): Trial => ({ rate, pad, pace });

/** Whether a response comes after the end of its wait: the next command would take it for its own. */
async function hearsLateResponse(lease: PortLease): Promise<boolean> {
  const { line } = await lease.next('whileBusy', showsActivity);
  return line !== undefined;
}

/** Returns the version of firmware that answers `AT` with `OK`, but no query of ESP-AT. */
async function otherVersion(lease: PortLease): Promise<string | undefined> {
  lease.write(Buffer.from('AT\r\n'));
  const { line: answer } = await lease.next('afterLineEnd', (each) => each === 'OK');
  if (answer === undefined) return undefined;
  lease.write(Buffer.from('AT+GMR\r\n'));
  const version = await lease.next(
    'afterLineEnd',
    (each) => each !== '' && !each.startsWith('AT+GMR'),
  );
  return (version.line ?? '?').slice(0, 64);
}

/**
 * Returns whether the device echoes; undefined where a bridge is too slow to examine what is behind it. Takes the time of the
 * response for the slowness of the bridge.
 */
async function echoes(examination: Examination): Promise<boolean | undefined> {
  const { access, port } = examination;
  const times: number[] = [];
  for (let count = 0; count < MAX_ECHO_TESTS; count++) {
    const { lines, ms } = await access.lendPort(testEcho);
    if (ms !== undefined && !port.canSetRate) {
      times.push(ms);
      port.knowledge.slowness = Math.min(MAX_SLOWNESS, Math.max(1, ms / QUICK_RESPONSE_MS));
      // Network or device may have paused once.
      if (ms > MAX_ROUND_TRIP_MS) continue;
    }
    if (lines.includes('AT')) return true;
    if (lines.length === 0) return false;
  }
  // Other lines each time: corrupt echoes.
  if (times.length === 0 || Math.min(...times) <= MAX_ROUND_TRIP_MS) return true;
  examination.addFinding('SLOW_BRIDGE', { port: port.address });
  return undefined;
}

/** Returns the lines before `OK`, and the time until it in milliseconds; no time where `OK` does not come. */
async function testEcho(lease: PortLease): Promise<{ lines: string[]; ms: number | undefined }> {
  const lines: string[] = [];
  const start = lease.now();
  lease.write(Buffer.from('AT\r\n'));
  // The longest limit: a response that comes after the end of the wait would count for the next command.
  const { line } = await lease.next('whileBusy', (each) => {
    if (each === 'OK') return true;
    if (each !== '') lines.push(each);
    return false;
  });
  return { lines, ms: line === undefined ? undefined : lease.now() - start };
}

/**
 * Notes the flow control, and a bridge. Finds out why the device answers at another rate than the options name: its flash says
 * so, or a program has left it there.
 */
async function explainRate(examination: Examination): Promise<void> {
  const { port, facts } = examination;
  const current = await runOptionalQuery(examination.access.run, uartQuery);
  if (current) facts.flowControl = current.flowControl;
  if (!port.canSetRate) {
    if (parseTcpAddress(port.address)) examination.addFinding('BRIDGE');
    return;
  }
  const [found, set] = [port.baudRate ?? 0, port.startRate ?? 0];
  if (found === set) return;
  const inFlash = await examination.ask(query('UART_DEF'));
  const [, start] = /^\+UART_DEF:(\d+),/.exec(inFlash?.[0] ?? '') ?? [];
  // Without an answer it may be either: the sentence of WRONG_RATE holds for both.
  const isLeftover = start !== undefined && isNear(Number(start), set);
  examination.addFinding(isLeftover ? 'LEFTOVER_RATE' : 'WRONG_RATE', { found, set });
}

/** Allows 2 %: the firmware computes its rate from the divider of the UART. */
const isNear = (rate: number, other: number) => Math.abs(rate - other) < other / 50;
