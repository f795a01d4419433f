import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LinkId } from '../../../driver/at/types';
import { seededRandom, type Random } from '../../../simulator';
import { Counts } from '../counts';
import { BoardHandle } from './board';
import { firstRevision, flowsOf, LINKS, type Revision } from './flows';
import { Health } from './health';
import { Inputs } from './messages/inputs';
import { SoakLog } from './messages/soak-log';
import { NodeRedProcess } from './node-red';
import type { Report } from './reports';
import { deployTypes, drawBoardFault, nextRevision, stoppedLinks } from './schedule';
import { SoakServer } from './server';

interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly print: (line: string) => void;
  /** Whether it prints every fault and deploy, and the output of Node-RED. */
  readonly verbose: boolean;
}

const DEPLOY_INTERVAL_MS = 10_000;
/** Faults come in the first part of each cycle; in the rest, no fault excuses an outcome. */
const STORM_MS = 40_000;
const CYCLE_MS = 120_000;
/** A fault of bytes applies within this time. */
const TRIGGER_MS = 10_000;
const MINUTE_MS = 60_000;
/** Limit of the time in which a link passes no message in one direction. */
const SILENCE_LIMIT_MS = 120_000;
/** At the end, the driver has recovered from the last fault after this time; then each link must pass messages both ways. */
const CALM_MS = 15_000;
/** Limit of the wait for the last inputs. */
const DRAIN_TIMEOUT_MS = 60_000;

const MAX_PRINTED_VIOLATIONS = 40;

/** A Node-RED, a board and a server with traffic, faults, stalls and deploys between them. */
export class Soak {
  readonly #options: SoakOptions;
  readonly #random: Random;
  readonly #log = new SoakLog();
  readonly #inputs = new Inputs();
  readonly #health = new Health();
  readonly #violations: string[] = [];
  readonly #faults = new Counts();
  /** Time of the latest message in the flow, by link. */
  readonly #receivedAt = new Map<LinkId, number>();
  readonly #printed = new Set<string>();
  #revision: Revision = firstRevision;
  #deploys = 0;
  #boardLate = 0;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** Runs to the end. @returns the violations, one sentence each */
  async run(): Promise<readonly string[]> {
    const { seed } = this.#options;
    const server = await SoakServer.start(this.#log, seededRandom(seed + 1));
    const board = await BoardHandle.start(seed + 2, (hit) => {
      if (hit.kind === 'port') return;
      this.#log.disturbances.hit(hit.at, hit.kind === 'late' ? hit.kind : hit.direction);
      if (hit.kind === 'late') this.#boardLate++;
    });
    const flows = () => flowsOf(board.path, server.port, this.#revision);
    let nodeRed: NodeRedProcess | undefined;
    try {
      nodeRed = await NodeRedProcess.start(
        flows(),
        seed + 3,
        (reports) => reports.forEach((each) => this.#take(each)),
        (line) => {
          // A warning of Node.js itself, of too many listeners for example.
          if (/^\(node:\d+\) /.test(line)) this.#violations.push(line);
          this.#printVerbose(line);
        },
      );
      await this.#storm(nodeRed, board, server, flows);
      await this.#calm(nodeRed, board, server);
      const code = await nodeRed.stop();
      if (code !== 0) this.#violations.push(`Node-RED stopped with ${code ?? 'nothing in time'}`);
      await pause(500);
      this.#settle(true);
    } finally {
      await nodeRed?.kill();
      await board.end();
      await server.close();
    }
    this.#printViolations();
    for (const line of this.#summary) this.#options.print(line);
    const { violations } = this.#health;
    for (const violation of violations) this.#options.print(`VIOLATION: ${violation}`);
    return [...this.#found, ...violations];
  }

  // --- phases --------------------------------------------------------------------------------------

  async #storm(
    nodeRed: NodeRedProcess,
    board: BoardHandle,
    server: SoakServer,
    flows: () => object[],
  ): Promise<void> {
    const begun = Date.now();
    const end = begun + this.#options.minutes * MINUTE_MS;
    let [faultAt, deployAt, printAt] = [
      begun + 5000,
      begun + DEPLOY_INTERVAL_MS,
      begun + MINUTE_MS,
    ];
    for (let now = begun; now < end; now = Date.now()) {
      if (now >= faultAt && (now - begun) % CYCLE_MS < STORM_MS) {
        faultAt = now + 1000 + 4000 * this.#random();
        this.#inject(board);
      }
      if (now >= deployAt) {
        deployAt += DEPLOY_INTERVAL_MS;
        await this.#deploy(nodeRed, flows);
      }
      if (now >= printAt) {
        printAt += MINUTE_MS;
        this.#settle(false);
        this.#options.print(this.#line(now - begun));
        this.#printVerbose(this.#log.sent.counts.list());
      }
      if (this.#printViolations()) await this.#saveRecording(nodeRed);
      this.#checkAlive(nodeRed, board, server, begun, now);
      await pause(100);
    }
  }

  /** Checks that without faults and stalls each link passes messages both ways, and that all inputs end. */
  async #calm(nodeRed: NodeRedProcess, board: BoardHandle, server: SoakServer): Promise<void> {
    board.clear();
    nodeRed.send({ kind: 'traffic', messages: true, stalls: false });
    const isWorking = (since: number) =>
      LINKS.every(
        (link) =>
          (server.receivedAt.get(link) ?? 0) > since && (this.#receivedAt.get(link) ?? 0) > since,
      );
    const from = Date.now();
    while (!isWorking(from + CALM_MS) && Date.now() - from < SILENCE_LIMIT_MS) await pause(200);
    if (!isWorking(from + CALM_MS))
      this.#violations.push('not every link passes messages both ways at the end');
    server.sendsMessages = false;
    nodeRed.send({ kind: 'traffic', messages: false, stalls: false });
    const pending = () => this.#log.sent.pending + this.#inputs.pending;
    const drained = Date.now() + DRAIN_TIMEOUT_MS;
    await pause(2000);
    while (pending() > 0 && Date.now() < drained) await pause(200);
    if (pending() > 0) this.#violations.push(`${pending()} inputs have not ended at the end`);
    await pause(2000);
  }

  #inject(board: BoardHandle): void {
    const { fault, durationMs } = drawBoardFault(this.#random);
    const [name = fault] = fault.split('=');
    this.#faults.add(name);
    this.#log.disturbances.fault(Date.now(), durationMs + TRIGGER_MS);
    this.#printVerbose(fault);
    board.inject(fault);
  }

  async #deploy(nodeRed: NodeRedProcess, flows: () => object[]): Promise<void> {
    const type = deployTypes[this.#deploys++ % deployTypes.length] ?? 'full';
    const before = this.#revision;
    this.#revision = nextRevision(before, type, this.#random);
    const begun = Date.now();
    this.#printVerbose(`deploy ${type} ${JSON.stringify(this.#revision)}`);
    await nodeRed.deploy(type, flows());
    const links = stoppedLinks(type, before, this.#revision);
    this.#log.disturbances.deploy(begun, Date.now(), links);
  }

  // --- reports -------------------------------------------------------------------------------------

  #take(report: Report): void {
    const { sent, received } = this.#log;
    switch (report.kind) {
      case 'made':
        return sent.made(report.number, report.link, report.at);
      case 'input':
        if (report.number !== undefined) sent.input(report.number, report.at);
        else this.#inputs.begun(report.input, report.at);
        return;
      case 'ended':
        if (report.input.startsWith('#')) this.#inputs.ended(report.input);
        else sent.ended(Number(report.input), report.at, report.code);
        return;
      case 'received':
        this.#receivedAt.set(report.link, Date.now());
        return received.arrived(report.link, report.number, report.at, report.head);
      case 'event':
        return received.event(report.link, report.event);
      case 'reply':
        if (report.asked !== report.answered)
          this.#violations.push(
            `request ${report.asked} got the reply ${report.answered ?? 'of none'}`,
          );
        return;
      case 'sample':
        return this.#health.add(report);
    }
  }

  #settle(isEnd: boolean): void {
    this.#log.settle(Date.now(), isEnd);
    this.#inputs.settle(Date.now(), isEnd);
  }

  #checkAlive(
    nodeRed: NodeRedProcess,
    board: BoardHandle,
    server: SoakServer,
    begun: number,
    now: number,
  ): void {
    if (nodeRed.hasExited) throw new Error(`Node-RED ended:\n${nodeRed.lines.join('\n')}`);
    if (board.hasExited) throw new Error('the board ended');
    for (const link of LINKS) {
      for (const [end, receivedAt] of [
        ['server', server.receivedAt],
        ['flow', this.#receivedAt],
      ] as const) {
        const at = Math.max(begun, receivedAt.get(link) ?? 0);
        if (now - at < SILENCE_LIMIT_MS) continue;
        this.#violations.push(
          `link ${link} passed no message to the ${end} for ${SILENCE_LIMIT_MS} ms before ${new Date(now).toISOString()}`,
        );
        receivedAt.set(link, now);
      }
    }
  }

  #printVerbose(what: string): void {
    if (this.#options.verbose) this.#options.print(`${new Date().toISOString()} ${what}`);
  }

  /** Saves what the device recorded before a violation. */
  async #saveRecording(nodeRed: NodeRedProcess): Promise<void> {
    const file = join(tmpdir(), `soak-${this.#options.seed}-${Date.now()}.jsonl`);
    writeFileSync(file, await nodeRed.recording());
    this.#options.print(`recording: ${file}`);
  }

  /** Prints the new violations. @returns whether there are any */
  #printViolations(): boolean {
    const found = this.#found.filter((each) => !this.#printed.has(each));
    for (const violation of found) {
      this.#printed.add(violation);
      if (this.#printed.size <= MAX_PRINTED_VIOLATIONS)
        this.#options.print(`${new Date().toISOString()} VIOLATION: ${violation}`);
    }
    return found.length > 0;
  }

  // --- figures -------------------------------------------------------------------------------------

  get #found(): readonly string[] {
    return [...this.#violations, ...this.#log.violations, ...this.#inputs.violations];
  }

  #line(elapsed: number): string {
    const { sent, received } = this.#log;
    const { heap = NaN, handles = NaN, listeners = NaN, delay } = this.#health.latest ?? {};
    return (
      `${Math.round(elapsed / MINUTE_MS)} min: ${sent.counts.of('confirmed')} of ${sent.counts.of('made')} sent, ` +
      `${received.counts.of('in the flow')} of ${received.counts.of('sent by the server')} received, ` +
      `${this.#faults.total} faults, ${this.#deploys} deploys; heap ${(heap / 1e6).toFixed(1)} MB, ${handles} handles, ` +
      `${listeners} listeners, delay ${delay?.median ?? NaN}/${delay?.high ?? NaN}/${delay?.longest ?? NaN} ms; ` +
      `${this.#found.length} violations`
    );
  }

  get #summary(): readonly string[] {
    const { sent, received } = this.#log;
    return [
      `to the server   ${sent.counts.list()}`,
      `to the flow     ${received.counts.list()}`,
      `other inputs    ${this.#inputs.count}, ${this.#inputs.violations.length} violations`,
      `faults          ${this.#faults.list()}; ${this.#deploys} deploys; board late ${this.#boardLate} times`,
      ...this.#health.lines,
    ];
  }
}
