import type { Command } from '../at/command';
import type { DataReceiver, LinkId } from '../at/types';
import { onTimeout } from '../clock';
import { wsheadClear } from '../commands/wshead';
import { runQuery } from '../commands/run-query';
import { freeLink, wsclose, wsopen, wsopenQuery } from '../commands/wsopen';
import { wsdatafmt, wssend } from '../commands/wssend';
import { Deferred } from '../deferred';
import { isRefusal } from '../errors';
import type { Examination } from './examination';

/** Seconds in which the server has to send the message back. */
const ECHO_TIMEOUT_S = 5;
/** Milliseconds that the connection may take. */
const CONNECT_TIMEOUT_MS = 8000;
/** The message for the server. */
const TEXT = Buffer.from('esp-at-doctor');

/** The command that opens a link to an echo server. @throws EspAtError `INVALID_URI` */
export const openEchoServer = (id: LinkId, uri: string): Command =>
  wsopen(id, { uri, timeoutMs: CONNECT_TIMEOUT_MS });

/** Opens a free link to an echo server, sends a message, and waits for it. */
export async function examineEchoServer(examination: Examination, uri: string): Promise<void> {
  const { access, client, clock, facts } = examination;
  const id = freeLink(await runQuery(access.run, wsopenQuery));
  if (id === undefined) {
    examination.addFinding('ALL_LINKS_OPEN');
    return;
  }
  // The headers of another program, which may be secret, would go to the echo server. Class A, which has none, refuses.
  await examination.ask(wsheadClear);
  // The device keeps the format of an earlier session, and cannot tell it. Other classes than D refuse.
  if (await examination.ask(wsdatafmt(id))) client.setDataFormat(id, 'long');
  const echo = new Deferred<number | undefined>();
  client.setReceiver(
    id,
    echoReceiver(() => echo.resolve(clock.now())),
  );
  let isOpen = false;
  try {
    await access.run(openEchoServer(id, uri));
    isOpen = true;
    const start = clock.now();
    await access.run(wssend(id, TEXT, { opcode: 1 }));
    const cancel = onTimeout(clock, ECHO_TIMEOUT_S * 1000, () => echo.resolve(undefined));
    const end = await echo.promise;
    cancel();
    if (end !== undefined) facts.echoServerMs = Math.round(end - start);
    else if (client.state !== 'closed')
      examination.addFinding('ECHO_NOT_BACK', { uri: publicPart(uri), seconds: ECHO_TIMEOUT_S });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    examination.addFinding(isOpen ? 'ECHO_NOT_SENT' : 'ECHO_NOT_OPEN', { uri: publicPart(uri) });
  } finally {
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

/** A receiver that calls `echoed` at the text, which may come in pieces. */
function echoReceiver(echoed: () => void): DataReceiver {
  let said = '';
  return {
    connected: true,
    push({ bytes }) {
      said = (said + bytes.toString('latin1')).slice(-1024);
      if (said.includes(TEXT.toString())) echoed();
    },
    dataLost() {
      said = '';
    },
  };
}
