import assert from 'node:assert/strict';
import type { Command } from '../../../driver/at/command';
import type { LinkId } from '../../../driver/at/types';
import { AtClient } from '../../../driver/at/at-client';
import { wssend } from '../../../driver/commands/websocket';
import { EspAtError } from '../../../driver/errors';
import { VirtualClock } from '../../harness/virtual-clock';

/** A client, the far end of its line, and all that it tells. */
export class ClientHarness {
  readonly clock = new VirtualClock();
  readonly events: string[] = [];
  readonly client: AtClient;
  #written: string[] = [];
  /** Responses to what the client writes, byte for byte; to anything else the far end says nothing. */
  readonly #answers = new Map<string, string>();

  constructor() {
    const note = (text: string) => void this.events.push(text);
    this.client = new AtClient(
      { write: (bytes) => this.#take(Buffer.from(bytes)), pendingBytes: 0, rate: undefined },
      this.clock,
      {
        urc: (report) => note('link' in report ? `${report.kind} ${report.link}` : report.kind),
        data: ({ link, bytes }) => note(`data ${link} ${bytes.toString('latin1')}`),
        unknownLine: (text) => note(`unknown ${text}`),
        suspects: (text) => text.startsWith('?'),
        restartSuspected: () => note('echoed'),
        dataLost: () => note('gap'),
        outOfSync: (reason) => note(`out of step: ${reason}`),
        resyncStep: (step) => note(`step: ${step}`),
        inSync: () => note('recovered'),
        filled: (link) => note(`filled ${link}`),
        unresponsive: () => note('dead'),
      },
    );
    this.client.lenient = false;
  }

  /** The writes since the last call. */
  written(): string[] {
    return this.#written.splice(0);
  }

  receive(text: string): void {
    this.client.receive(Buffer.from(text, 'latin1'));
  }

  /** Makes the far end respond to these from now on. */
  answer(pairs: Readonly<Record<string, string>>): void {
    for (const [line, reply] of Object.entries(pairs)) this.#answers.set(line, reply);
  }

  /** Makes the far end respond to a resync as an idle device does. */
  answerResync(): void {
    this.answer({
      '\r\n': '\r\nERROR\r\n',
      'AT+SYSLOG?\r\n': '+SYSLOG:0\r\n\r\nOK\r\n',
      'AT+SYSSTORE?\r\n': '+SYSSTORE:0\r\n\r\nOK\r\n',
      'AT+CWMODE?\r\n': '+CWMODE:1\r\n\r\nOK\r\n',
    });
  }

  /** Runs a command; `end` tells how it ended. */
  run(command: Command): { end: string } {
    return this.watch(this.client.run(command).then((lines) => lines.join('|')));
  }

  send(link: LinkId, text: string): { end: string; readonly withdraw: () => boolean } {
    const result = { end: 'pending', withdraw: () => false };
    result.withdraw = this.client.send({
      link,
      parts: [wssend(link, Buffer.from(text))],
      settle: (error) => {
        assert.equal(result.end, 'pending', 'settled twice');
        result.end = error ? `${error.code} ${error.outcome ?? ''}` : 'sent';
      },
    });
    return result;
  }

  watch(promise: Promise<string>): { end: string } {
    const result = { end: 'pending' };
    promise.then(
      (value) => {
        result.end = `done ${value}`;
      },
      (error: unknown) => {
        result.end = error instanceof EspAtError ? error.code : String(error);
      },
    );
    return result;
  }

  #take(bytes: Buffer): void {
    const text = bytes.toString('latin1');
    this.#written.push(text);
    const reply = this.#answers.get(text);
    if (reply !== undefined) this.clock.after(1, () => this.receive(reply));
  }
}
