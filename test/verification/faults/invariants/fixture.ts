import { setImmediate } from 'node:timers/promises';
import { EspAtError } from '../../../../driver/errors';
import { MessageLog } from '../../message-log';
import type { FaultEpisode } from '../fault-episode';
import type { Block } from '../../../harness/host-loop';
import { PortMonitor } from '../port-monitor';
import { InvariantChecker } from './invariant-checker';

/** A message log that a test writes by hand. */
export class Fixture {
  now = 0;
  readonly log = new MessageLog(() => this.now);
  readonly monitor = new PortMonitor(this.log, Buffer.from('|'));
  readonly connection = this.log.accept(0);
  readonly episodes: FaultEpisode[] = [];
  readonly blocks: Block[] = [];

  /** Sends a message whose promise settles at once. */
  async send(text: number | string, outcome: 'sent' | 'not-sent' | 'unknown'): Promise<Buffer> {
    const payload = Buffer.from(`message ${text} to the server`);
    const promise =
      outcome === 'sent'
        ? Promise.resolve()
        : Promise.reject(new EspAtError('OUT_OF_SYNC', {}, { outcome }));
    this.now++;
    this.log.send(0, 1, payload, promise);
    await setImmediate();
    return payload;
  }

  /** Sends a message whose payload leaves at once; the result settles it as sent. */
  begin(number: number): () => Promise<void> {
    let sent: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => (sent = resolve));
    this.now++;
    this.log.send(0, 1, Buffer.from(`message ${number} to the server`), promise);
    const entry = this.log.out.at(-1);
    if (entry) entry.payloadAt = this.now;
    this.now++;
    return () => {
      this.now++;
      sent();
      return setImmediate();
    };
  }

  arrive(payload: Buffer): void {
    this.now++;
    this.log.atServer(this.connection, 1, payload);
  }

  serve(number: number): Buffer {
    const payload = Buffer.from(`message ${number} to the host`);
    this.now++;
    this.log.serve(0, 1, payload, this.connection.number);
    return payload;
  }

  receive(payload: Buffer): void {
    this.now++;
    this.log.atHost({ link: 0, opcode: 1, bytes: payload });
  }

  episode(episode: Partial<FaultEpisode>): void {
    this.episodes.push({
      names: ['lose'],
      hits: [],
      from: 0,
      gone: 1,
      recovered: 2,
      usable: 2,
      flooded: 0,
      blocked: 0,
      reopened: undefined,
      ...episode,
    });
  }

  get violations(): readonly string[] {
    const checker = new InvariantChecker(this.log, this.monitor, this.episodes, this.blocks);
    return checker.check({ bootAndJoinMs: 1500, padMs: 0 }).violations.map(({ text }) => text);
  }
}
