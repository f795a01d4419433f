import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { Books } from './books';
import type { Strike } from './campaign';
import { Judge } from './judge';
import { compose, type Label } from './message';
import { Witness } from './witness';

/** Books in which a test writes by hand. */
class Ledger {
  now = 0;
  readonly books = new Books(() => this.now);
  readonly witness = new Witness(this.books, Buffer.from('|'));
  readonly connection = this.books.accept(0);
  readonly strikes: Strike[] = [];

  message(way: Label['way'], number: number): { label: Label; payload: Buffer } {
    const label: Label = { way, link: 0, number };
    return { label, payload: compose(label, 50, () => 0.3) };
  }

  /** Sends a message whose promise settles at once. */
  async send(number: number, outcome: 'sent' | 'not-sent' | 'unknown'): Promise<Buffer> {
    const { label, payload } = this.message('out', number);
    const promise =
      outcome === 'sent'
        ? Promise.resolve()
        : Promise.reject(new EspAtError('OUT_OF_STEP', {}, { outcome }));
    this.now++;
    this.books.send(label, 1, payload, promise);
    await Promise.resolve();
    await Promise.resolve();
    return payload;
  }

  arrive(payload: Buffer): void {
    this.now++;
    this.books.atServer(this.connection, 1, payload);
  }

  serve(number: number): Buffer {
    const { label, payload } = this.message('in', number);
    this.now++;
    this.books.serve(label, 1, payload, this.connection.number);
    return payload;
  }

  receive(payload: Buffer): void {
    this.now++;
    this.books.atHost({ link: 0, opcode: 1, bytes: payload, uri: '', owner: undefined });
  }

  strike(strike: Partial<Strike>): void {
    this.strikes.push({
      ...{ names: ['lose'], hits: [], from: 0, gone: 1, recovered: 2, usable: 2, flooded: 0 },
      blocked: 0,
      ...{ reopened: undefined, ...strike },
    });
  }

  get violations(): readonly string[] {
    return new Judge(this.books, this.witness, this.strikes).judge({
      bootAndJoin: 1500,
      filling: 0,
    }).violations;
  }
}

describe('the judge of a fault run', () => {
  it('finds nothing where all that was sent arrived', async () => {
    const ledger = new Ledger();
    ledger.arrive(await ledger.send(1, 'sent'));
    await ledger.send(2, 'not-sent');
    ledger.receive(ledger.serve(3));
    assert.deepEqual(ledger.violations, []);
  });

  it('finds a message that was sent and did not arrive', async () => {
    const ledger = new Ledger();
    await ledger.send(1, 'sent');
    assert.match(ledger.violations.join(), /message 1 .*was sent, but did not arrive/);
  });

  it('excuses it when the connection ended with nothing behind it', async () => {
    const ledger = new Ledger();
    await ledger.send(1, 'sent');
    ledger.connection.goneAt = ++ledger.now;
    assert.deepEqual(ledger.violations, []);
  });

  it('finds a message that arrived although it was not sent', async () => {
    const ledger = new Ledger();
    ledger.arrive(await ledger.send(1, 'not-sent'));
    assert.match(ledger.violations.join(), /was not sent, but arrived/);
  });

  it('finds a message that arrived twice', async () => {
    const ledger = new Ledger();
    const payload = await ledger.send(1, 'sent');
    ledger.arrive(payload);
    ledger.arrive(payload);
    assert.match(ledger.violations.join(), /arrived 2 times/);
  });

  it('finds an unknown outcome that no fault accounts for', async () => {
    const ledger = new Ledger();
    await ledger.send(1, 'unknown');
    assert.match(ledger.violations.join(), /unknown though no fault was at work/);
    ledger.strike({ from: 0, gone: 5, recovered: 5 });
    assert.deepEqual(ledger.violations, []);
  });

  it('finds a damaged message that nobody accounts for', async () => {
    const ledger = new Ledger();
    const payload = await ledger.send(1, 'not-sent');
    ledger.arrive(Buffer.concat([payload, payload]));
    assert.match(ledger.violations.join(), /something unknown .*arrived at the server/);
    ledger.receive(ledger.serve(2).subarray(1));
    assert.match(ledger.violations.join(), /something unknown .*arrived at the host/);
  });

  it('knows a byte that was changed in received data, also where the data goes on as its header would', () => {
    const ledger = new Ledger();
    const { label } = ledger.message('in', 1);
    const payload = Buffer.from(',3,1,44,abc<in0.1>00000000');
    ledger.books.serve(label, 1, payload, ledger.connection.number);
    const header = `+WS_DATA:0,1,1,${payload.length},${payload.length},`;
    const unit = Buffer.concat([Buffer.from(header), payload, Buffer.from('\r\n')]);
    const change = { sent: Buffer.from('a'), received: Buffer.from('A') };
    const index = unit.indexOf('abc');
    ledger.witness.hit({
      ...{ fault: 'flip', at: ledger.now, passed: { 'to-device': 0, 'to-host': 0 } },
      place: { kind: 'bytes', direction: 'to-host', offset: 0, unit, index, ...change },
    });
    ledger.receive(Buffer.from(payload.toString().replace('a', 'A')));
    assert.deepEqual(ledger.violations, []);
  });

  it('finds a command that nobody wrote, unless it is what was left of one', () => {
    const ledger = new Ledger();
    ledger.witness.wrote(Buffer.from('AT+WSSEND=0,5\r\n'));
    ledger.witness.took('AT');
    assert.deepEqual(ledger.violations, []);
    ledger.witness.took('AT+RST');
    assert.match(ledger.violations.join(), /the device took AT\+RST, which nobody wrote/);
  });

  it('finds the end of a message that began on another connection, empty or not', () => {
    for (const rest of ['', 'rest']) {
      const ledger = new Ledger();
      ledger.books.atServer(ledger.connection, 0, Buffer.from(rest));
      assert.match(ledger.violations.join(), /something unknown .*arrived at the server/);
    }
  });

  it('finds a received message that is missing between two others, unless it was reported there', () => {
    for (const reported of [false, true]) {
      const ledger = new Ledger();
      ledger.receive(ledger.serve(1));
      ledger.serve(2);
      if (reported) ledger.books.hear('gap', 0);
      ledger.receive(ledger.serve(3));
      // Too late, and of another link.
      ledger.now++;
      ledger.books.hear('gap', 0);
      ledger.books.hear('gap', 1);
      const found = ledger.violations.filter((each) => each.includes('message 2 to the host'));
      assert.equal(found.length, reported ? 0 : 1);
    }
  });

  it('finds a promise that does not settle, and an error without an outcome', async () => {
    const ledger = new Ledger();
    const { label, payload } = ledger.message('out', 1);
    ledger.books.send(label, 1, payload, new Promise(() => undefined));
    const other = ledger.message('out', 2);
    ledger.books.send(other.label, 1, other.payload, Promise.reject(new EspAtError('PORT_LOST')));
    await Promise.resolve();
    await Promise.resolve();
    assert.match(ledger.violations.join(), /1 promises have not settled/);
    assert.match(ledger.violations.join(), /PORT_LOST without outcome/);
  });

  it('finds what works again too late, or never', () => {
    const ledger = new Ledger();
    ledger.books.hear('restarted');
    ledger.strike({ names: ['restart'], gone: 0, recovered: 4000, reopened: 3600 });
    ledger.strike({ names: ['unplug'], gone: 0, recovered: 4000, reopened: 3100 });
    ledger.strike({ names: ['stall'], gone: 0, recovered: 91_000 });
    ledger.strike({ names: ['flip'], recovered: undefined });
    assert.equal(ledger.violations.length, 4);
  });

  it('grants more time for a restart that nothing told of, but not for ever', () => {
    const ledger = new Ledger();
    ledger.strike({ names: ['restart'], gone: 0, recovered: 8000, reopened: 7400 });
    assert.deepEqual(ledger.violations, []);
    ledger.strike({ names: ['restart'], gone: 0, recovered: 8000, reopened: 7600 });
    assert.match(ledger.violations.join(), /opening the links took 7600 ms of 7500/);
  });
});
