import type { Heard, LineAccess, Purpose } from './line-access';
import { isFinalResultCode } from './outcome';

/** Milliseconds for a command that is still at work: WSCLOSE of a reconnecting link takes 14 s. */
const AT_WORK_MS = 25_000;

const CRLF = Buffer.from('\r\n');
const RESTART = Buffer.from('AT+RST\r\n');

/**
 * Bytes that a data prompt can be waiting for at most (`AT+WSSEND` of class D). A command that announced fewer
 * proves nothing: its length may have been corrupted on its way.
 */
export const LARGEST_PAYLOAD = 16_384;

/** Questions whose response only they can have. */
const questions = [
  { line: 'AT+SYSLOG?\r\n', response: '+SYSLOG:' },
  { line: 'AT+SYSSTORE?\r\n', response: '+SYSSTORE:' },
  { line: 'AT+CWMODE?\r\n', response: '+CWMODE:' },
] as const;

/** The steps, mildest first; each is reported as it is taken. */
export type ResyncStep = 'crlf' | 'fill' | 'restart';

export interface ResyncOptions {
  /** How often it begins anew before it restarts the device or gives up. */
  readonly attempts: number;
  /** Whether `AT+RST` is allowed. A device that is at work for ever, or floods the port for ever, is restarted anyway. */
  readonly mayRestart: boolean;
  /** Whether a prompt may be open: it is padded when nothing else gets an answer, or before anything else. */
  readonly pad: 'never' | 'ifSilent' | 'first';
  /** At a negotiated rate a device that answers nothing is not asked twice: it may be at another rate. */
  readonly negotiatedRate: boolean;
  /** Which question is asked first. It must be another one in each resync: a late response fits no later question. */
  readonly firstQuestion: number;
}

/**
 * How a resync ended. `padded`: an open prompt was padded, and its message went out corrupt. `restarted`: the device
 * has said `ready` and has forgotten everything.
 */
export type ResyncResult =
  | { readonly kind: 'inSync'; readonly padded: boolean }
  | { readonly kind: 'restarted' | 'noAnswer' | 'aborted' };

/**
 * Finds out where the device is, and brings client and device back in sync: a CR LF alone ends whatever line was
 * corrupted; a question with a response of its own proves that all earlier responses have passed; a data prompt
 * that swallows everything is padded. Never rejects.
 */
export async function resync(
  access: LineAccess,
  options: ResyncOptions,
  onStep: (step: ResyncStep) => void,
): Promise<ResyncResult> {
  try {
    return await new Resync(access, options, onStep).run();
  } catch (error) {
    if (access.signal.aborted) return { kind: 'aborted' };
    throw error;
  }
}

/** Whether a line is the response to a question of a resync, too late to prove anything; or its echo. */
export function isLateResponse(text: string): boolean {
  if (isAnswer(text)) return true;
  return questions.some(
    ({ line, response }) => text.startsWith(response) || `${text}\r\n` === line,
  );
}

class Resync {
  readonly #access: LineAccess;
  readonly #options: ResyncOptions;
  readonly #onStep: (step: ResyncStep) => void;
  #question: number;
  #padded = false;
  #flooded = false;

  constructor(access: LineAccess, options: ResyncOptions, onStep: (step: ResyncStep) => void) {
    this.#access = access;
    this.#options = options;
    this.#onStep = onStep;
    this.#question = options.firstQuestion;
  }

  async run(): Promise<ResyncResult> {
    const { attempts, mayRestart } = this.#options;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const outcome = await this.#attempt(attempt === 0);
      if (outcome === 'inSync') return { kind: 'inSync', padded: this.#isPadded };
      if (outcome === 'noAnswer') return { kind: 'noAnswer' };
      if (outcome === 'mustRestart') return this.#restart();
    }
    return mayRestart ? this.#restart() : { kind: 'noAnswer' };
  }

  async #attempt(isFirst: boolean): Promise<'inSync' | 'noAnswer' | 'mustRestart' | 'again'> {
    const { pad, negotiatedRate } = this.#options;
    let answered = false;
    if (!isFirst || pad !== 'first') {
      const before = this.#access.pendingBytes;
      const end = await this.#endLine();
      if (end === 'hangs') return 'mustRestart';
      answered = end === 'answered';
      // A port that takes no byte need not be offered more.
      if (!answered && this.#access.pendingBytes >= before + CRLF.length) return 'noAnswer';
      // The CR LF may have completed the corrupt line of a command that has a payload.
      await this.#pause();
    }
    // Also when it seemed to be padded before: received data may hold what looked like a response.
    if (pad !== 'never' && (!answered || this.#access.seen.has('>'))) answered = await this.#pad();
    if (answered && (await this.#ask())) return 'inSync';
    if (this.#flooded) return 'mustRestart';
    return !answered && negotiatedRate ? 'noAnswer' : 'again';
  }

  async #restart(): Promise<ResyncResult> {
    this.#onStep('restart');
    const { line } = await this.#say(RESTART, 'boot', (text) => text === 'ready');
    return { kind: line === undefined ? 'noAnswer' : 'restarted' };
  }

  /** Whether a prompt was padded. A prompt whose payload is complete may also have said so at any other time. */
  get #isPadded(): boolean {
    return this.#padded || (this.#options.pad !== 'never' && this.#access.seen.has('SEND OK'));
  }

  /** Ends whatever line was corrupted, and waits for a command that is still at work. */
  async #endLine(): Promise<'answered' | 'silent' | 'hangs'> {
    this.#onStep('crlf');
    const until = this.#access.now() + AT_WORK_MS;
    do {
      const { line } = await this.#say(CRLF, 'lineEnd', isAnswer);
      if (line !== 'busy p...') return line === undefined ? 'silent' : 'answered';
      const result = await this.#access.next('stillAtWork', isFinalResultCode);
      if (result.line !== undefined) return 'answered';
    } while (this.#access.now() < until);
    return 'hangs';
  }

  /** Feeds an open prompt line ends, which mean nothing should the device take them for commands. */
  async #pad(): Promise<boolean> {
    this.#onStep('fill');
    this.#access.seen.delete('>');
    for (let size = 8, total = CRLF.length; total < LARGEST_PAYLOAD + CRLF.length; size *= 8) {
      const bytes = Math.min(size, LARGEST_PAYLOAD + CRLF.length - total + 1) & ~1;
      if (bytes === 0) return false;
      const padding = Buffer.from('\r\n'.repeat(bytes / 2));
      const { line } = await this.#say(padding, 'padding', isAnswer);
      if (line !== undefined) {
        this.#padded = true;
        await this.#pause();
        return true;
      }
      total += bytes;
    }
    return false;
  }

  /** Asks the next question. True when its own response, and the OK behind it, has come. */
  async #ask(): Promise<boolean> {
    const question = questions[this.#question++ % questions.length] ?? questions[0];
    let responded = false;
    const { line } = await this.#say(Buffer.from(question.line), 'question', (text) => {
      responded ||= text.startsWith(question.response);
      return responded && text === 'OK';
    });
    return line !== undefined;
  }

  async #pause(): Promise<void> {
    await this.#access.next('pause', () => false);
  }

  async #say(
    bytes: Uint8Array,
    purpose: Purpose,
    accept: (line: string) => boolean,
  ): Promise<Heard> {
    this.#access.write(bytes);
    const heard = await this.#access.next(purpose, accept);
    if (heard.line === undefined && purpose !== 'padding') this.#flooded ||= heard.flooded;
    return heard;
  }
}

/** Shows that the device has dealt with what was written; `>` is a prompt that no command asked for. */
function isAnswer(line: string): boolean {
  return isFinalResultCode(line) || line === 'busy p...' || line === '>';
}
