import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import type { SendOptions } from '../../../../driver/link/options';
import type { Outcome, FirmwareClass } from '../../../../simulator';
import { Harness } from '../../../harness/harness';
import { testWith } from '../../../harness/test-with';

/** A link that is kept open; a test sets the outcomes of its `AT+WSSEND`s. */
class SendingLink extends Harness {
  /** Outcomes of the next `AT+WSSEND`s, in order. */
  readonly outcomes: (() => Outcome)[] = [];

  constructor(firmware: FirmwareClass = 'C') {
    super({ firmware });
    this.outcome = (line) => (line.startsWith('AT+WSSEND') ? this.outcomes.shift()?.() : undefined);
  }

  /** Sends; resolves with `sent`, or the error's code and outcome. */
  send(payload: string, options: SendOptions = { holdMs: 30_000 }): Promise<string> {
    return this.link.send(payload, options).then(
      () => 'sent',
      (error: unknown) =>
        error instanceof EspAtError ? `${error.code} ${error.outcome}` : String(error),
    );
  }

  /** Sends three messages; returns where they have arrived. */
  async sendThree(): Promise<string[]> {
    const sends = ['m1', 'm2', 'm3'].map((text) => this.send(text, { holdMs: 120_000 }));
    assert.deepEqual(await this.clock.wait(Promise.all(sends)), ['sent', 'sent', 'sent']);
    await this.clock.advance(10);
    return this.arrived;
  }

  /** The texts that have reached the server, each behind the index of its connection. */
  get arrived(): string[] {
    return this.server.connections.flatMap(({ frames }, index) =>
      frames
        .filter(({ opcode }) => opcode === 1)
        .map(({ payload }) => `${index} ${payload.toString()}`),
    );
  }

  /** Loses the connection, and delays the running command. */
  lose(how: 'close' | 'drop', delayMs: number): Outcome {
    const connection = this.server.connections.at(-1);
    if (how === 'close') connection?.close(1000, '');
    else connection?.drop();
    return { kind: 'late', delay: delayMs };
  }
}

/** The first ERROR to a message is doubtful; the client repeats it. */
const twice = Array<() => Outcome>(2).fill(() => ({ kind: 'error' }));

const sendingLink = async (firmware?: FirmwareClass) =>
  (await new SendingLink(firmware).ready()).open({ keepOpen: true });

const test = testWith(sendingLink);

describe('a message with hold', () => {
  test('fails when an open link refuses it, and the queue sends the messages behind it', async (scene) => {
    scene.outcomes.push(...twice);
    const sends = ['m1', 'm2', 'm3'].map((text) => scene.send(text, { holdMs: 5000 }));
    const outcomes = await scene.clock.wait(Promise.all(sends), 1000);
    assert.deepEqual(outcomes, ['SEND_FAILED not-sent', 'sent', 'sent']);
    assert.equal(scene.count('AT+WSSEND'), 4);
    await scene.clock.advance(60_000);
    assert.equal(scene.count('AT+WSSEND'), 4);
    assert.deepEqual(scene.arrived, ['0 m2', '0 m3']);
  });

  test('is not overtaken by messages without hold while the driver checks the link after a refusal', async (scene) => {
    scene.outcomes.push(...twice);
    const first = scene.send('m1', { holdMs: 5000 });
    const sends = [first, scene.send('m2', {}), scene.send('m3', { holdMs: 5000 })];
    await scene.clock.wait(first);
    sends.push(scene.send('m4', {}));
    const outcomes = await scene.clock.wait(Promise.all(sends), 1000);
    await scene.clock.advance(10);
    assert.deepEqual(outcomes, ['SEND_FAILED not-sent', 'sent', 'sent', 'sent']);
    assert.deepEqual(scene.arrived, ['0 m2', '0 m3', '0 m4']);
  });

  for (const title of ['its AbortSignal', 'the end of its hold'] as const)
    test(`lets those behind it go, when ${title} ends it after a refusal that no check explains`, async (scene) => {
      scene.alterOutput = (text) => text.replace('+WSOPEN:0,2', '+WSOPEN:0,4');
      scene.outcomes.push(...twice);
      const { clock } = scene;
      const abort = new AbortController();
      const refused = scene.send('m1', { holdMs: 6000, signal: abort.signal });
      const behind = [scene.send('m2'), scene.send('m3', { holdMs: 86_400_000 })];
      await clock.advance(1000);
      assert.deepEqual(scene.arrived, []);
      if (title === 'its AbortSignal') abort.abort();
      else await clock.advance(5000);
      assert.match(await clock.wait(refused), /^(ABORTED|SEND_FAILED) not-sent$/);
      assert.deepEqual(await clock.wait(Promise.all(behind), 1000), ['sent', 'sent']);
      await clock.advance(10);
      assert.deepEqual(scene.arrived, ['0 m2', '0 m3']);
    });

  it('is sent on the next connection, in order, when the connection ends without a URC', async () => {
    await using scene = await sendingLink('D');
    scene.alterOutput = (text) => text.replace('+WS_CLOSED:0\r\n', '');
    scene.server.connections[0]?.close(1001);
    await scene.clock.advance(500);
    assert.equal(scene.link.stateNumber, 2);
    assert.deepEqual(await scene.sendThree(), ['1 m1', '1 m2', '1 m3']);
  });

  it('takes none without hold to the next connection with it', async () => {
    await using scene = await sendingLink('D');
    scene.alterOutput = (text) => text.replace('+WS_CLOSED:0\r\n', '');
    scene.server.connections[0]?.close(1001);
    await scene.clock.advance(500);
    const refused = scene.send('m1');
    const behind = [scene.send('m2', {}), scene.send('m3', { holdMs: 1 }), scene.send('m4')];
    const outcomes = await scene.clock.wait(Promise.all([refused, ...behind]), 4000);
    assert.deepEqual(outcomes, ['sent', 'LINK_CLOSED not-sent', 'LINK_CLOSED not-sent', 'sent']);
    await scene.clock.advance(10);
    assert.deepEqual(scene.arrived, ['1 m1', '1 m4']);
  });

  it('ends with its hold, though it was held for longer for a check that then found no connection', async () => {
    await using scene = await sendingLink('D');
    scene.alterOutput = (text) => text.replace('+WS_CLOSED:0\r\n', '');
    scene.server.connections[0]?.close(1001);
    await scene.clock.advance(500);
    const sends = [scene.send('m1'), scene.send('m2', { holdMs: 600 })];
    const outcomes = await scene.clock.wait(Promise.all(sends), 4000);
    assert.deepEqual(outcomes, ['sent', 'HOLD_TIMEOUT not-sent']);
  });

  test('says that the link refused it, also of those behind it, where no check explains a refusal in time', async (scene) => {
    scene.alterOutput = (text) => text.replace('+WSOPEN:0,2', '+WSOPEN:0,4');
    scene.outcomes.push(...twice);
    const options = [{ holdMs: 30_000 }, {}, { holdMs: 6000 }];
    const sends = options.map((each, index) => scene.send(`m${index}`, each));
    const refusal = 'SEND_FAILED not-sent';
    assert.deepEqual(await scene.clock.wait(Promise.all(sends)), [refusal, refusal, refusal]);
    assert.equal(scene.link.state, 'open');
    assert.deepEqual(scene.arrived, []);
  });

  test('fails after three attempts of its command when its hold is over by then, and is not held again', async (scene) => {
    const { clock } = scene;
    scene.outcomes.push(
      ...Array<() => Outcome>(100).fill(() => ({ kind: 'busy', executed: false })),
    );
    const outcome = await clock.wait(scene.send('never', { holdMs: 5000 }), 15_000);
    assert.equal(outcome, 'OUT_OF_SYNC not-sent');
    await clock.advance(60_000);
    assert.equal(scene.count('AT+WSSEND'), 3);
  });

  for (const how of ['close', 'drop'] as const) {
    test(`keeps its place when the connection is lost during its transaction (${how})`, async (scene) => {
      scene.outcomes.push(() => scene.lose(how, 300));
      assert.deepEqual(await scene.sendThree(), ['1 m1', '1 m2', '1 m3']);
    });
  }

  test('keeps its place when the link reopens before the device refuses the message', async (scene) => {
    // The test writes these URCs: the simulated device would take 10 s to reconnect.
    scene.outcomes.push(() => {
      scene.say('+WS_DISCONNECTED:0\r\n+WS_CONNECTED:0\r\n');
      return { kind: 'error' };
    });
    assert.deepEqual(await scene.sendThree(), ['0 m1', '0 m2', '0 m3']);
  });

  for (const { moment, start, nth, end } of [
    { moment: 'while another link sends', start: 'AT+WSSEND=1', nth: 1, end: undefined },
    { moment: 'during the first', start: 'AT+WSSEND=0', nth: 1, end: undefined },
    { moment: 'during the second', start: 'AT+WSSEND=0', nth: 2, end: { kind: 'error' } },
  ] as const)
    it(`between its fragments leaves the next connection alone, where +WS_DISCONNECTED is lost ${moment}`, async () => {
      await using scene = await sendingLink('D');
      const [, other] = scene.device.links;
      await scene.clock.wait(other.open({ uri: 'ws://host/other' }));
      const { outcome } = scene;
      let count = 0;
      scene.outcome = (line) => {
        if (!line.startsWith(start) || ++count !== nth) return outcome(line);
        scene.say('+WS_CONNECTED:0\r\n');
        return end;
      };
      const long = scene.send('x'.repeat(20_000));
      const sent = other.send('short');
      assert.equal(await scene.clock.wait(long), 'SEND_UNKNOWN unknown');
      await scene.clock.wait(sent);
      await scene.clock.advance(1000);
      assert.equal(scene.link.stateNumber, 2);
      assert.equal(scene.count('AT+WSCLOSE'), 0);
    });

  test('keeps its place when a resync restarts the device', async (scene) => {
    scene.outcomes.push(() => ({ kind: 'hang' }));
    assert.deepEqual(await scene.sendThree(), ['1 m1', '1 m2', '1 m3']);
  });

  test('is not sent again after an abort in its transaction', async (scene) => {
    scene.outcomes.push(() => scene.lose('close', 300));
    const controller = new AbortController();
    const outcome = scene.send('withdrawn', { holdMs: 30_000, signal: controller.signal });
    await scene.clock.advance(100);
    controller.abort();
    assert.equal(await scene.clock.wait(outcome), 'ABORTED not-sent');
    await scene.clock.advance(30_000);
    assert.equal(scene.link.stateNumber, 2);
    assert.deepEqual(scene.arrived, []);
    assert.equal(scene.device.sendQueue.messages, 0);
  });
});
