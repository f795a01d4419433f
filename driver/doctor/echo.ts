import type { DataFrame, DataReceiver } from '../at/types';
import { onTimeout } from '../clock';
import { wsclose, wsopen, wssend } from '../commands/websocket';
import { isRefusal } from '../errors';
import { freeLink, queryLinks } from '../link/query-links';
import type { Examination } from './examination';

/** Seconds in which the server has to send the message back. */
const ECHO_TIMEOUT_S = 5;
/** Milliseconds that an open may take. */
const OPEN_TIMEOUT_MS = 8000;
/** The message for the server. */
const TEXT = Buffer.from('esp-at-doctor');

/** Opens a free link to an echo server, sends a message, and waits for it. */
export async function examineEcho(examination: Examination, uri: string): Promise<void> {
  const { access, client, clock, facts } = examination;
  const id = freeLink(await queryLinks(access.run));
  if (id === undefined) return;
  let heard: () => void = () => undefined;
  const back = new Promise<boolean>((resolve) => {
    const cancel = onTimeout(clock, ECHO_TIMEOUT_S * 1000 + OPEN_TIMEOUT_MS, () => resolve(false));
    heard = () => {
      cancel();
      resolve(true);
    };
  });
  client.setReceiver(id, new EchoReceiver(() => heard()));
  try {
    await access.run(wsopen(id, { uri, timeoutMs: OPEN_TIMEOUT_MS }));
    const start = clock.now();
    await access.run(wssend(id, TEXT, { opcode: 1 }));
    if (await back) facts.echoMs = Math.round(clock.now() - start);
    else examination.found('ECHO_NOT_BACK', { uri: publicPart(uri), seconds: ECHO_TIMEOUT_S });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    examination.found('ECHO_NOT_OPEN', { uri: publicPart(uri) });
  } finally {
    heard();
    client.setReceiver(id);
    await access.run(wsclose(id)).catch(() => undefined);
  }
}

/** Returns a URI without user, password and query, which may be secret. */
function publicPart(uri: string): string {
  try {
    const { protocol, host, pathname } = new URL(uri);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return '?';
  }
}

/** Waits for the text, which may come in pieces. */
class EchoReceiver implements DataReceiver {
  readonly connected = true;
  readonly #heard: () => void;
  #bytes = '';

  constructor(heard: () => void) {
    this.#heard = heard;
  }

  push({ bytes }: DataFrame): void {
    this.#bytes = (this.#bytes + bytes.toString('latin1')).slice(-1024);
    if (this.#bytes.includes(TEXT.toString())) this.#heard();
  }

  dataLost(): void {
    this.#bytes = '';
  }

  end(): void {
    this.#bytes = '';
  }
}
