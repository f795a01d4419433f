import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AtClient } from '../../../driver/at/at-client';
import type { RateOrigin } from '../../../driver/at/types';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { HostLoop } from '../../harness/host-loop';
import { question } from './client-harness';

/** A client whose event loop is blocked for 1 s again and again, 10 ms apart. */
class BlockedClient {
  readonly log: string[] = [];
  readonly client: AtClient;
  readonly port = {
    write: (bytes: Uint8Array) => {
      this.log.push(Buffer.from(bytes).toString());
      this.onWrite?.();
    },
    pendingBytes: 0,
    rate: undefined,
    rateOrigin: 'start' as RateOrigin,
  };
  onWrite: (() => void) | undefined;
  readonly clock = new VirtualClock();
  readonly loop = new HostLoop(this.clock);

  constructor() {
    this.client = new AtClient(this.port, this.loop, ({ kind }) => this.log.push(kind));
    this.client.setEchoOff(true);
  }

  /** Delivers bytes once the loop reads. */
  receive(text: string): void {
    this.loop.input(() => this.client.receive(Buffer.from(text)));
  }

  async block(durationMs = 1000): Promise<void> {
    this.loop.block(durationMs);
    await this.clock.advance(durationMs + 10);
  }

  /** Blocks the loop until the log holds an entry; returns how many times. */
  async blocksUntil(entry: string): Promise<number> {
    for (let blocks = 0; blocks < 500; blocks++) {
      if (this.log.includes(entry)) return blocks;
      await this.block();
    }
    return Infinity;
  }
}

describe('an event loop that is blocked in every slice', () => {
  it('does not put off timeouts for ever', async () => {
    const host = new BlockedClient();
    host.client.run({ ...question, timeoutMs: 500 }).catch(() => undefined);
    // Ten late slices, then those whose 500 ms count in full.
    assert.equal(await host.blocksUntil('outOfSync'), 13);
    assert.equal(await host.blocksUntil('unresponsive'), 129);
  });

  it('grants each command ten late slices', async () => {
    const host = new BlockedClient();
    const first = host.client.run({ ...question, timeoutMs: 60_000 });
    await host.blocksUntil('\r\n');
    host.receive('\r\nbusy p...\r\n\r\nOK\r\n');
    await first;
    host.client.run({ ...question, timeoutMs: 500 }).catch(() => undefined);
    assert.equal(await host.blocksUntil('outOfSync'), 13);
  });

  it('writes the payload alone into a prompt that a thread pool reads in the tenth turn', async () => {
    const host = new BlockedClient();
    host.port.rateOrigin = 'negotiated';
    const ended = host.client.run({ ...question, payload: Buffer.from('hello') });
    for (let turn = 0; turn < 10; turn++) await host.block();
    host.receive('\r\nOK\r\n\r\n>');
    host.receive('\r\nOK\r\n');
    await ended;
    assert.deepEqual(host.log, ['AT+X?\r\n', 'hello']);
  });

  it('counts no block between a late slice and the next as port idle time', async () => {
    const host = new BlockedClient();
    host.port.rateOrigin = 'negotiated';
    const ended = host.client.run({ ...question, payload: Buffer.from('hello') });
    const block = host.block(10_000);
    host.receive('\r\nOK\r\n\r\n>');
    host.onWrite = () => {
      host.onWrite = undefined;
      host.loop.block(60_000);
      for (let chunk = 0; chunk < 5; chunk++) host.receive('WIFI GOT IP\r\n');
      host.receive('\r\nOK\r\n');
    };
    await block;
    await host.clock.advance(60_010);
    await ended;
    assert.deepEqual(
      host.log.filter((entry) => entry !== 'urc'),
      ['AT+X?\r\n', 'hello'],
    );
  });
});
