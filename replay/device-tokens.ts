import { Parser } from '../driver/at/parser/parser';
import { isFinalResultCode } from '../driver/at/outcome';
import type { DataFrame, Frame, LinkId } from '../driver/at/types';

/** What a device says: a line, a prompt, or data of a link. */
export interface DeviceToken {
  readonly text: string;
  /** Its order counts only among those of one stream: URCs come between responses at any place. */
  readonly stream: string;
  readonly data?: DataFrame;
}

/** Splits the bytes of a device. */
export class DeviceTokens {
  readonly #parser: Parser;
  #tokens: DeviceToken[] = [];
  /** The link whose data format is asked for: old firmware refuses. */
  #asked: LinkId | undefined;

  constructor() {
    this.#parser = new Parser((frame) => this.#take(frame));
  }

  /** The host wrote bytes. */
  hostWrote(text: string): void {
    this.#parser.expectPrompt = /^AT\+\w+=/.test(text);
    const [, link] = /^AT\+WSDATAFMT=([012]),0,55\r/.exec(text) ?? [];
    if (link !== undefined) this.#asked = Number(link) as LinkId;
  }

  /** Returns what the device says with these bytes, without a line that has no end. */
  deviceSaid(text: string): DeviceToken[] {
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
        if (frame.text === 'OK' && this.#asked !== undefined)
          this.#parser.setDataFormat(this.#asked, 'long');
        if (isFinalResultCode(frame.text)) this.#asked = undefined;
        return this.#say(frame.text);
      case 'prompt':
        return this.#say('>');
      case 'garbage':
        return this.#say('garbage');
    }
  }

  #say(text: string): void {
    this.#tokens.push({ text, stream: streamOf(text) });
  }
}

function dataText({ link, opcode, fin, payloadLength, bytes }: DataFrame): string {
  const head = [link, opcode, fin, payloadLength].filter((field) => field !== undefined);
  return `+WS_DATA:${head.join(',')},${bytes.toString('latin1')}`;
}

function streamOf(text: string): string {
  const [, link] = /^\+WS_\w+:([012])/.exec(text) ?? [];
  if (link !== undefined) return `link ${link}`;
  return /^(?:WIFI |\+TIME_UPDATED|\+STA_)/.test(text) ? 'network' : 'responses';
}
