import { Parser } from '../driver/at/parser/parser';
import { isFinalResultCode } from '../driver/at/outcome';
import type { DataChunk, Frame, LinkId } from '../driver/at/types';

/** A part of a device's output: a line, a prompt, or data of a link. */
export interface DeviceToken {
  readonly text: string;
  /** Only tokens of one stream have an order: URCs may come anywhere between responses. */
  readonly stream: string;
  readonly data?: DataChunk;
}

/** Splits the output of a device. */
export class DeviceTokens {
  readonly #parser: Parser;
  #tokens: DeviceToken[] = [];
  /** The link whose long data format a running AT+WSDATAFMT sets; old firmware refuses it. */
  #formatLink: LinkId | undefined;

  constructor() {
    this.#parser = new Parser((frame) => this.#take(frame));
  }

  /** Call with the host's writes. */
  hostWrote(text: string): void {
    this.#parser.expectPrompt = /^AT\+\w+=/.test(text);
    const [, link] = /^AT\+WSDATAFMT=([012]),0,55\r/.exec(text) ?? [];
    if (link !== undefined) this.#formatLink = Number(link) as LinkId;
  }

  /** Returns the tokens that these bytes of the device complete. */
  deviceWrote(text: string): DeviceToken[] {
    this.#parser.push(Buffer.from(text, 'latin1'));
    const tokens = this.#tokens;
    this.#tokens = [];
    return tokens;
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'data': {
        const data = { ...frame, bytes: Buffer.from(frame.bytes) };
        this.#tokens.push({ text: dataText(data), stream: `link ${data.link}`, data });
        return;
      }
      case 'line':
        if (frame.text === 'OK' && this.#formatLink !== undefined)
          this.#parser.setDataFormat(this.#formatLink, 'long');
        if (isFinalResultCode(frame.text)) this.#formatLink = undefined;
        if (frame.text === 'ready') this.#parser.reset();
        return this.#push(frame.text);
      case 'prompt':
        return this.#push('>');
      case 'garbage':
        return this.#push('garbage');
    }
  }

  #push(text: string): void {
    this.#tokens.push({ text, stream: streamOf(text) });
  }
}

function dataText({ link, opcode, fin, payloadLength, bytes }: DataChunk): string {
  const head = [link, opcode, fin, payloadLength].filter((field) => field !== undefined);
  return `+WS_DATA:${head.join(',')},${bytes.toString('latin1')}`;
}

function streamOf(text: string): string {
  const [, link] = /^\+WS_\w+:([012])/.exec(text) ?? [];
  if (link !== undefined) return `link ${link}`;
  return /^(?:WIFI |\+TIME_UPDATED|\+STA_)/.test(text) ? 'network' : 'responses';
}
