import type { ServerBehavior } from '../harness/network/ws-server';
import { framesBehind, type FormatOf } from './inference';
import { parsePattern } from './pattern';
import type { TranscriptLine } from './transcript';

/**
 * What a server must do right after its 101 for a WSOPEN to be answered so; undefined when it need not
 * do anything.
 */
export function reactionOnAccept(
  line: TranscriptLine,
  answer: string,
  behavior: ServerBehavior,
  formatOf: FormatOf,
): ServerBehavior['onAccept'] {
  const link = /^AT\+WSOPEN=([012]),/i.exec(line.text)?.[1];
  if (link === undefined || line.text.includes('/early')) return undefined;
  // The oldest firmware does not survive a close frame at once: `ready` comes instead of OK.
  const crashes = /\+WS_CONNECTED:\d\\r\\n\\r\\nready\\r/.test(answer);
  const between = /\+WS_CONNECTED:\d\\r\\n(.*?)\\r\\nOK\\r\\n/.exec(answer)?.[1] ?? '';
  if (between === '' && !crashes) return undefined;
  const drops = between.includes(`+WS_DISCONNECTED:${link}`);
  const closes = crashes || between.includes(`+WS_CLOSED:${link}`);
  const frames = framesBehind(parsePattern(between), formatOf).get(Number(link)) ?? [];
  return (connection) => {
    // Only for this opening, not for the reconnects to come.
    behavior.onAccept = undefined;
    for (const frame of frames) connection.send(frame);
    if (closes) connection.close(1000);
    if (drops) connection.drop();
  };
}
