import type { Clock } from '../clock';
import type { Board } from '../device/board';
import type { Outcome, Point } from '../device/hooks';
import { OK, ResponseWriter } from './response-writer';
import type { CommandTable } from './command';
import { CommandError, errorCode, errorLine } from './errors';
import { LineReader, type Line } from './line-reader';
import { Parameters } from './parameters';
import { resolve } from './resolve';

const BUSY = '\r\nbusy p...\r\n';
/** A longer read while a command runs is refused, even if it begins with AT+RST. */
const MAX_FORCED_RESTART_BYTES = 16;
const forcedRestartLine = /^AT\+RST\r\n/i;
const execute: Outcome = { kind: 'execute' };

/** What the interpreter needs of the device around it. */
interface InterpreterContext extends Pick<
  Board,
  'output' | 'settings' | 'hooks' | 'restartWhenSent'
> {
  readonly clock: Clock;
  readonly commands: CommandTable;
  /** Restarts the device, as a reset or a crash does. */
  restart(): void;
}

/** How the interpreter takes the next byte. */
type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'busy' }
  | {
      readonly kind: 'prompt';
      readonly payload: Buffer;
      filled: number;
      readonly received: (payload: Buffer) => void;
    };

const idle: State = { kind: 'idle' };
const busy: State = { kind: 'busy' };

/** Reads commands from the host's bytes and runs one at a time. */
export class Interpreter {
  readonly #context: InterpreterContext;
  readonly #reader = new LineReader();
  #state: State = idle;
  /** The response to the running command; what an aborted command still writes has no effect. */
  #response: ResponseWriter | undefined;
  #cancelDelay: (() => void) | undefined;
  /** Input that arrives while an echo waits for room in the transmit ring; undefined while no echo waits. */
  #unread: Buffer[] | undefined;

  constructor(context: InterpreterContext) {
    this.#context = context;
  }

  /** @param piece the bytes of one read */
  receive(piece: Buffer): void {
    if (this.#waitsForEcho(piece)) return;
    // The firmware takes a read that holds only NULs as an empty string.
    if (this.#state.kind === 'idle' && this.#reader.empty && piece.every((byte) => byte === 0))
      return;
    for (let offset = 0; offset < piece.length;) {
      const state = this.#state;
      if (state.kind === 'busy') {
        this.#refuse(piece.subarray(offset));
        return;
      }
      offset +=
        state.kind === 'prompt' ? this.#fill(state, piece, offset) : this.#read(piece, offset);
      if (this.#waitsForEcho(piece.subarray(offset))) return;
    }
  }

  /** Whether an echo waits; then `piece` waits with it. */
  #waitsForEcho(piece: Buffer): boolean {
    this.#unread?.push(piece);
    return this.#unread !== undefined;
  }

  /** Aborts the running command and drops all input. */
  reset(): void {
    this.#reader.reset();
    this.#state = idle;
    this.#response = undefined;
    this.#cancelDelay?.();
    this.#cancelDelay = undefined;
    this.#unread = undefined;
  }

  #read(piece: Buffer, offset: number): number {
    const { taken, line } = this.#reader.read(piece, offset);
    if (this.#context.settings.echo) this.#echo(piece.subarray(offset, offset + taken));
    this.#whenEchoed(() => {
      if (line) this.#begin(line);
    });
    return taken;
  }

  /** Calls `then` once the echo is in the transmit ring, and reads no input until then. */
  #whenEchoed(then: () => void): void {
    const pending = this.#context.output.whenFlushed(() => {
      const unread = this.#unread ?? [];
      this.#unread = undefined;
      then();
      for (const piece of unread) this.receive(piece);
    });
    if (pending) this.#unread = [];
  }

  #echo(bytes: Buffer): void {
    const visible = bytes.includes(0) ? bytes.filter((byte) => byte !== 0) : bytes;
    if (visible.length > 0) this.#context.output.write(Buffer.from(visible));
  }

  #fill(state: State & { kind: 'prompt' }, piece: Buffer, offset: number): number {
    const taken = piece.copy(state.payload, state.filled, offset);
    state.filled += taken;
    if (state.filled === state.payload.length) {
      this.#state = busy;
      this.#afterRead(() => state.received(state.payload));
    }
    return taken;
  }

  /** Discards input while a command runs. Only a short input that begins with AT+RST has an effect. */
  #refuse(rest: Buffer): void {
    if (
      rest.length <= MAX_FORCED_RESTART_BYTES &&
      forcedRestartLine.test(rest.toString('latin1'))
    ) {
      this.#context.output.write(`\r\nWill force to restart!!!\r\n${OK}`);
      this.#context.restartWhenSent();
    } else {
      this.#writeBusy();
      this.#context.hooks.refused?.();
    }
  }

  #writeBusy(): void {
    const { output, settings } = this.#context;
    if (settings.systemLog) output.write(`${errorLine(errorCode.busy)}\r\n`);
    output.write(BUSY);
  }

  #begin(line: Line): void {
    this.#state = busy;
    const text = line.text ?? '';
    const response = this.#newResponse(text);
    const outcome = this.#context.hooks.outcome?.(text) ?? execute;
    this.#afterRead(() => this.#apply(outcome, line, response));
  }

  #apply(outcome: Outcome, line: Line, response: ResponseWriter): void {
    const text = line.text ?? '';
    this.#reached('command', text);
    if (this.#response !== response) return;
    switch (outcome.kind) {
      case 'execute':
        this.#run(line, response);
        return;
      case 'busy':
        this.#writeBusy();
        if (outcome.executed) this.#run(line, response);
        else response.silent();
        return;
      case 'answer lost':
        response.mute();
        this.#run(line, response);
        return;
      case 'answer false':
        response.reportError();
        this.#run(line, response);
        return;
      case 'late':
        this.#cancelDelay = this.#context.clock.after(outcome.delay, () =>
          this.#run(line, response),
        );
        return;
      case 'hang':
        return;
      case 'restart':
        this.#context.restart();
        return;
      case 'error':
        response.error();
        return;
    }
  }

  #run(line: Line, response: ResponseWriter): void {
    if (this.#response !== response) return;
    this.#guard(response, () => {
      if (line.text === undefined) throw new CommandError(errorCode.noTerminator);
      const { command, form, parameters } = resolve(line.text, this.#context.commands);
      if (form === 'set' && command.set) command.set(response, new Parameters(parameters));
      else if (form === 'query' && command.query) command.query(response);
      else if (form === 'execute' && command.execute) command.execute(response);
      else throw new CommandError();
    });
  }

  /** Runs a part of a command, and answers ERROR to a CommandError. */
  #guard(response: ResponseWriter, part: () => void): void {
    try {
      part();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      response.error(error.code);
    }
  }

  #newResponse(text: string): ResponseWriter {
    const context = this.#context;
    const isCurrent = (response: ResponseWriter) => this.#response === response;
    const response: ResponseWriter = new ResponseWriter({
      write: (bytes) => {
        if (isCurrent(response)) context.output.write(bytes);
      },
      end: (then) => {
        if (!isCurrent(response)) return;
        this.#response = undefined;
        then?.();
        context.output.whenFlushed(() => {
          this.#state = idle;
          this.#reached('answered', text);
        });
      },
      writesErrorCodes: () => context.settings.systemLog,
      prompt: (length, received) => {
        if (!isCurrent(response)) return;
        context.output.write(OK);
        this.#reached('prompt', text);
        if (!isCurrent(response)) return;
        context.output.write('\r\n>');
        context.output.whenFlushed(() => {
          if (isCurrent(response)) this.#state = this.#promptFor(length, response, text, received);
        });
      },
    });
    this.#response = response;
    return response;
  }

  #promptFor(
    length: number,
    response: ResponseWriter,
    text: string,
    received: (payload: Buffer) => void,
  ): State {
    return {
      kind: 'prompt',
      payload: Buffer.allocUnsafe(length),
      filled: 0,
      received: (payload) => {
        this.#reached('payload', text);
        if (this.#response === response) this.#guard(response, () => received(payload));
      },
    };
  }

  #reached(point: Point, line: string): void {
    this.#context.hooks.reached?.(point, line);
  }

  /** Runs `task` once the interpreter has taken the whole read, unless the device restarts before. */
  #afterRead(task: () => void): void {
    const response = this.#response;
    queueMicrotask(() => {
      if (this.#response === response) task();
    });
  }
}
