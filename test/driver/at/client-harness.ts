import assert from 'node:assert/strict';
import type { Command } from '../../../driver/at/command';
import type { LinkId, RateOrigin, SendSource } from '../../../driver/at/types';
import { AtClient } from '../../../driver/at/at-client';
import { build, query } from '../../../driver/commands/build';
import { wssend } from '../../../driver/commands/wssend';
import { EspAtError } from '../../../driver/errors';
import { PendingSend } from '../../../driver/link/send/pending-send';
import { testWith } from '../../harness/test-with';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import type { ClientEvent } from '../../../driver/at/events';

/** Messages of a link that the client pulls. */
class MessageSource implements SendSource {
  readonly messages: PendingSend[] = [];

  constructor(readonly link: LinkId) {}

  peek(): PendingSend | undefined {
    return this.messages[0];
  }
}

/** An AT client, the far end of its port, and all events of the client. */
export class ClientHarness {
  readonly clock = new VirtualClock();
  readonly events: string[] = [];
  readonly client: AtClient;
  /** The near end of the port. */
  readonly port = {
    write: (bytes: Uint8Array) => this.#take(Buffer.from(bytes)),
    pendingBytes: 0,
    rate: undefined,
    slowness: 1,
    rateOrigin: 'start' as RateOrigin,
  };
  /** Number of links that have lost data. */
  losses = 0;
  /** Called after each event is kept. */
  onEvent: (event: string) => void = () => undefined;
  readonly #sources = [new MessageSource(0), new MessageSource(1), new MessageSource(2)] as const;
  #written: string[] = [];
  /** Responses of the far end by the bytes written. To other bytes it is silent. */
  readonly #answers = new Map<string, string>();

  /** @param echoOff whether the client knows that the device does not echo */
  constructor({ echoOff = true } = {}) {
    this.client = new AtClient(this.port, this.clock, (event) => {
      this.events.push(shown(event));
      this.onEvent(shown(event));
    });
    for (const source of this.#sources) this.client.addSource(source);
    for (const link of [0, 1, 2] as const) {
      this.client.setReceiver(link, {
        connected: true,
        dataLost: () => (this.losses += 1),
        push: ({ bytes }) => void this.events.push(`data ${link} ${bytes.toString('latin1')}`),
      });
    }
    if (echoOff) this.client.setEchoOff(true);
  }

  /** The writes since the last call. */
  written(): string[] {
    return this.#written.splice(0);
  }

  receive(text: string): void {
    this.client.receive(Buffer.from(text, 'latin1'));
  }

  /** Sets responses of the far end from now on. */
  answer(pairs: Readonly<Record<string, string>>): void {
    for (const [line, reply] of Object.entries(pairs)) this.#answers.set(line, reply);
  }

  /** Makes the far end an idle device, which answers a resync. */
  answerResync(): void {
    this.answer({
      '\r\n': '\r\nERROR\r\n',
      'AT+SYSLOG?\r\n': '+SYSLOG:0\r\n\r\nOK\r\n',
      'AT+SYSSTORE?\r\n': '+SYSSTORE:0\r\n\r\nOK\r\n',
      'AT+CWMODE?\r\n': '+CWMODE:1\r\n\r\nOK\r\n',
    });
  }

  /** Runs a command; returns its outcome. */
  run(command: Command): { end: string } {
    return this.watch(this.client.run(command).then((lines) => lines.join('|')));
  }

  /** Sends a message of a link; returns its outcome. */
  send(link: LinkId, text: string): { end: string } {
    const result = { end: 'pending' };
    const bytes = Buffer.from(text);
    const source = this.#sources[link];
    const message = new PendingSend(link, bytes, {}, this.clock, (_, error) => {
      assert.equal(result.end, 'pending', 'ended twice');
      result.end = error ? `${error.code} ${error.outcome ?? ''}` : 'sent';
      source.messages.splice(source.messages.indexOf(message), 1);
    });
    message.queue([wssend(link, bytes)]);
    source.messages.push(message);
    this.client.wake();
    return result;
  }

  /** Ends the connection of a link, for the messages of that link too. */
  closeLink(link: LinkId): void {
    this.receive(`+WS_CLOSED:${link}\r\n`);
    const error = new EspAtError('LINK_CLOSED', { link });
    for (const message of this.#sources[link].messages) message.connectionLost(error, 'gone');
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

function shown(event: ClientEvent): string {
  switch (event.kind) {
    case 'urc':
      return 'link' in event.urc ? `${event.urc.kind} ${event.urc.link}` : event.urc.kind;
    case 'unknownLine':
      return `unknown ${event.text}`;
    case 'outOfSync':
      return `out of sync: ${event.cause.reason} ${event.cause.command ?? ''}`.trim();
    case 'resyncStep':
      return `step: ${event.step}`;
    case 'inSync':
      return event.corruptLink === undefined ? 'in sync' : `in sync, corrupt ${event.corruptLink}`;
    case 'restartSuspected':
      return 'restart suspected';
    case 'dataLost':
      return 'data lost';
    case 'unresponsive':
      return 'unresponsive';
  }
}

export const question = query('X');
export const at = (): Command => build('AT', { idempotent: true });

export const lost = new EspAtError('DEVICE_RESTARTED');

/** An `it` whose tests each get an AT client. */
export const test = testWith(() => new ClientHarness());

/** Resyncs with a device in an unknown state; returns the outcome. */
export async function find(
  harness: ClientHarness,
  pad: 'never' | 'first' = 'never',
): Promise<string> {
  const attempts = pad === 'first' ? 3 : 1;
  const options = { attempts, pad, pace: 'startRate' as const };
  return (await harness.client.sequence(({ resync }) => resync(options))).kind;
}
