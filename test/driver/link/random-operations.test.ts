import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import type { Link } from '../../../driver/link/link';
import { onLinkEvents, type LoggedLinkEvent } from '../../harness/event-log';
import { SeededRandom } from '../../harness/random';
import { Harness } from '../../harness/harness';

const RUNS = 250;
const EVENTS_PER_RUN = 25;
const classes = ['A', 'B', 'C', 'D'] as const;
const paths = ['plain', 'echo', 'slow=700', '401', 'other'] as const;
/** Milliseconds between one event and the next. */
const pauses = [0, 0, 1, 5, 30, 200, 1000, 4000] as const;

/** Three links; users, servers, cable and device act at random. */
class RandomRun {
  readonly problems: string[] = [];
  readonly #harness: Harness;
  readonly #luck: SeededRandom;
  /** How each call ended: `done`, or the outcome or code of its error. */
  readonly #endings = new Map<string, string>();
  #calls = 0;
  #messages = 0;

  constructor(seed: number) {
    this.#luck = new SeededRandom(seed);
    const { random } = this.#luck;
    const firmware = this.#luck.one(classes);
    const serial = this.#luck.oneIn(2) ? { serial: { baudRate: 115_200 } } : {};
    const harness = new Harness({ firmware, seed, simulator: { bootMs: 400 }, ...serial });
    this.#harness = harness;
    harness.server.behavior.answersCloses = !this.#luck.oneIn(4);
    harness.server.behavior.finDelay = this.#luck.oneIn(3) ? Infinity : random() * 400;
    const states = [0, 0, 0];
    onLinkEvents(harness.device, (event) => {
      this.#checkEvent(event, states[event.link] ?? 0);
      states[event.link] = event.state;
    });
  }

  async run(): Promise<void> {
    const { clock, device, port } = this.#harness;
    device.start();
    await clock.advance(3000);
    for (let index = 0; index < EVENTS_PER_RUN; index++) {
      this.#act();
      await clock.advance(this.#luck.one(pauses));
    }
    device.start();
    port.plugIn();
    await clock.advance(200_000);
    const pending = this.#calls - this.#endings.size;
    if (pending > 0) this.problems.push(`${pending} calls never settled`);
    await this.#checkStates();
    this.#checkMessages();
    await this.#harness.end();
    const timers = this.#harness.hostClock.pending;
    if (timers > 0) this.problems.push(`${timers} timers are left`);
  }

  #act(): void {
    const { clock, device, port, server, simulator } = this.#harness;
    const link = this.#luck.one(device.links);
    const connection = this.#luck.one(server.connections.filter(({ open }) => open));
    switch (this.#luck.below(13)) {
      case 0:
      case 1:
      case 2: {
        const uri = `ws://host${this.#luck.oneIn(12) ? ':1' : ''}/${this.#luck.one(paths)}`;
        const [keepOpen, replace] = [this.#luck.oneIn(2), this.#luck.oneIn(2)];
        return this.#watch(link.open({ uri, keepOpen, replace }));
      }
      case 3:
        return this.#watch(link.close({ graceful: this.#luck.oneIn(2) }));
      case 4:
        return this.#watch(device.checkLinks());
      case 5:
        return connection?.close();
      case 6:
        return this.#luck.oneIn(2) ? connection?.drop() : connection?.reset();
      case 7:
        return this.#luck.oneIn(3) ? simulator.restart() : undefined;
      case 8:
        if (!this.#luck.oneIn(3)) return;
        port.unplug();
        return void clock.after(this.#luck.below(4000), () => port.plugIn());
      case 9:
        if (!this.#luck.oneIn(4)) return;
        this.#watch(device.stop());
        return void clock.after(this.#luck.below(1500), () => device.start());
      default:
        for (let count = this.#luck.below(4); count >= 0; count--) this.#send(link);
    }
  }

  #send(link: Link): void {
    const name = `<${this.#messages++}>`;
    const longest = this.#harness.device.capabilities?.fragments ? 40_000 : 8000;
    const payload = name + 'x'.repeat(this.#luck.below(this.#luck.oneIn(4) ? longest : 50));
    const withdrawal = new AbortController();
    if (this.#luck.oneIn(5))
      this.#harness.clock.after(this.#luck.below(500), () => withdrawal.abort());
    const holdMs = this.#luck.oneIn(2) ? this.#luck.below(20) * 1000 : 0;
    this.#watch(link.send(payload, { holdMs, signal: withdrawal.signal }), name);
  }

  #watch(promise: Promise<unknown>, name = `call ${this.#calls}`): void {
    this.#calls++;
    promise.then(
      () => this.#endings.set(name, 'done'),
      (error: unknown) => {
        if (!(error instanceof EspAtError)) this.problems.push(`${name}: ${String(error)}`);
        else this.#endings.set(name, error.outcome ?? error.code);
      },
    );
  }

  /** Every event is possible in the state before it. */
  #checkEvent({ link, event }: LoggedLinkEvent, before: number): void {
    const impossible =
      (before === 2 && (event === 'opened' || event === 'reopened')) ||
      (before !== 2 && event === 'lost') ||
      (before === 4 && event === 'closing');
    if (impossible) this.problems.push(`link ${link} emitted ${event} in state ${before}`);
  }

  /** Driver, device and server agree on the final state. */
  async #checkStates(): Promise<void> {
    const { clock, device, server } = this.#harness;
    const states = () => device.links.map(({ stateNumber, uri }) => `${stateNumber} ${uri}`).join();
    const before = states();
    await clock.wait(device.checkLinks());
    if (states() !== before) this.problems.push(`${before} were ${states()}`);
    const open = server.connections.filter((each) => each.open);
    const served = open.map(({ request }) => `2 ws://host${request.target}`);
    const links = states().split(',');
    const closed = links.filter((each) => each.startsWith('0'));
    if ([...served, ...closed].sort().join() !== links.sort().join())
      this.problems.push(`the server has ${served.join()}, and the links are ${before}`);
  }

  /**
   * Every message has an outcome. It arrived at most once: a message that was sent can be lost with its connection. It
   * never arrived if it was not sent.
   */
  #checkMessages(): void {
    const arrived = new Map<string, number>();
    for (const { frames } of this.#harness.server.connections) {
      let text: string | undefined;
      for (const { opcode, fin, payload } of frames.filter((frame) => frame.opcode < 8)) {
        if ((opcode === 0) !== (text !== undefined)) this.problems.push('fragments were mixed up');
        text = (text ?? '') + payload.toString();
        if (!fin) continue;
        const [name = text] = /^<\d+>/.exec(text) ?? [];
        arrived.set(name, (arrived.get(name) ?? 0) + 1);
        text = undefined;
      }
    }
    for (const [name, ending] of this.#endings) {
      if (!name.startsWith('<')) continue;
      const times = arrived.get(name) ?? 0;
      const isSettled = ending === 'done' || ending === 'not-sent' || ending === 'unknown';
      if (!isSettled || times > 1 || (ending === 'not-sent' && times > 0))
        this.problems.push(`message ${name} (${ending}) came ${times} times`);
    }
  }
}

it('random operations: every promise settles, and driver, device and server agree on the final state', async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const run = new RandomRun(seed);
    await run.run();
    assert.deepEqual(run.problems, [], `seed ${seed}`);
  }
});
