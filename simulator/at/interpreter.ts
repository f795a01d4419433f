import type { Clock } from '../clock';
import type { Outcome, Hooks, Point } from '../device/hooks';
import type { Output } from '../device/output';
import type { Settings } from '../device/settings';
import { AnsweringCall } from './answering-call';
import type { CommandTable } from './command';
import { CommandError, errorCode, errorLine } from './errors';
import { LineReader, type Line } from './line-reader';
import { Parameters } from './parameters';
import { resolve } from './resolve';

const busyText = '\r\nbusy p...\r\n';
const okText = '\r\nOK\r\n';
const forcedRestart = /^AT\+RST\r\n/i;
const execute: Outcome = { kind: 'execute' };

/** What the interpreter needs of the device around it. */
export interface InterpreterContext {
  readonly clock: Clock;
  readonly output: Output;
  readonly settings: Settings;
  readonly hooks: Hooks;
  readonly commands: CommandTable;
  /** Restarts the device as by a reset or a crash. */
  restart(): void;
  /** Restarts it once all that was said has left. */
  restartWhenSent(): void;
}

/** What input means now. */
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

/** Reads commands from the host's bytes and carries them out, one at a time. */
export class Interpreter {
  readonly #context: InterpreterContext;
  readonly #reader = new LineReader();
  #state: State = idle;
  /** The call at work; what an older one still says is not heard. */
  #call: object | undefined;
  #cancelDelay: (() => void) | undefined;
  /** What came while an echo waits for room in the transmit ring; undefined when none does. */
  #unread: Buffer[] | undefined;

  constructor(context: InterpreterContext) {
    this.#context = context;
  }

  /** Takes one read's worth of bytes from the host. */
  receive(piece: Buffer): void {
    if (this.#keepUnread(piece)) return;
    // A read of nothing but NULs is an empty string to the firmware.
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
      if (this.#keepUnread(piece.subarray(offset))) return;
    }
  }

  /** Keeps what comes while an echo waits. */
  #keepUnread(piece: Buffer): boolean {
    this.#unread?.push(piece);
    return this.#unread !== undefined;
  }

  /** Forgets the command at work and all input. */
  reset(): void {
    this.#reader.reset();
    this.#state = idle;
    this.#call = undefined;
    this.#cancelDelay?.();
    this.#cancelDelay = undefined;
    this.#unread = undefined;
  }

  get busy(): boolean {
    return this.#state.kind !== 'idle';
  }

  #read(piece: Buffer, offset: number): number {
    const { taken, line } = this.#reader.read(piece, offset);
    if (this.#context.settings.echo) this.#echo(piece.subarray(offset, offset + taken));
    this.#whenEchoed(() => {
      if (line) this.#begin(line);
    });
    return taken;
  }

  /** Goes on once the echo is in the transmit ring; until then nothing is read. */
  #whenEchoed(goOn: () => void): void {
    const pending = this.#context.output.whenFlushed(() => {
      const unread = this.#unread ?? [];
      this.#unread = undefined;
      goOn();
      for (const piece of unread) this.receive(piece);
    });
    if (pending) this.#unread = [];
  }

  #echo(bytes: Buffer): void {
    const visible = bytes.includes(0) ? bytes.filter((byte) => byte !== 0) : bytes;
    if (visible.length > 0) this.#context.output.say(Buffer.from(visible));
  }

  #fill(state: State & { kind: 'prompt' }, piece: Buffer, offset: number): number {
    const taken = piece.copy(state.payload, state.filled, offset);
    state.filled += taken;
    if (state.filled === state.payload.length) {
      this.#state = busy;
      this.#soon(() => state.received(state.payload));
    }
    return taken;
  }

  /** Input while a command is at work is thrown away, whatever it is, except for a restart. */
  #refuse(rest: Buffer): void {
    if (rest.length <= 16 && forcedRestart.test(rest.toString('latin1'))) {
      this.#context.output.say(`\r\nWill force to restart!!!\r\n${okText}`);
      this.#context.restartWhenSent();
    } else {
      this.#sayBusy();
      this.#context.hooks.refused?.();
    }
  }

  #sayBusy(): void {
    const { output, settings } = this.#context;
    if (settings.systemLog) output.say(`${errorLine(errorCode.busy)}\r\n`);
    output.say(busyText);
  }

  #begin(line: Line): void {
    this.#state = busy;
    const text = line.text ?? '';
    const call = this.#newCall(text);
    const outcome = this.#context.hooks.outcome?.(text) ?? execute;
    this.#soon(() => this.#meet(outcome, line, call));
  }

  #meet(outcome: Outcome, line: Line, call: AnsweringCall): void {
    const text = line.text ?? '';
    this.#reached('command', text);
    if (this.#call !== call) return;
    switch (outcome.kind) {
      case 'execute':
        this.#run(line, call);
        return;
      case 'busy':
        this.#sayBusy();
        if (outcome.executed) this.#run(line, call);
        else call.silent();
        return;
      case 'answer lost':
        call.mute();
        this.#run(line, call);
        return;
      case 'answer false':
        call.falsify();
        this.#run(line, call);
        return;
      case 'late':
        this.#cancelDelay = this.#context.clock.after(outcome.delay, () => this.#run(line, call));
        return;
      case 'hang':
        return;
      case 'restart':
        this.#context.restart();
        return;
      case 'error':
        call.error();
        return;
    }
  }

  #run(line: Line, call: AnsweringCall): void {
    if (this.#call !== call) return;
    this.#guard(call, () => {
      if (line.text === undefined) throw new CommandError(errorCode.noTerminator);
      const { command, form, parameters } = resolve(line.text, this.#context.commands);
      if (form === 'set' && command.set) command.set(call, new Parameters(parameters));
      else if (form === 'query' && command.query) command.query(call);
      else if (form === 'execute' && command.execute) command.execute(call);
      else throw new CommandError();
    });
  }

  /** Runs a part of a command; what it throws becomes its ERROR. */
  #guard(call: AnsweringCall, part: () => void): void {
    try {
      part();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      call.error(error.code);
    }
  }

  #newCall(text: string): AnsweringCall {
    const context = this.#context;
    const isCurrent = (call: object) => this.#call === call;
    const call: AnsweringCall = new AnsweringCall({
      say: (bytes) => {
        if (isCurrent(call)) context.output.say(bytes);
      },
      end: () => {
        if (!isCurrent(call)) return;
        this.#call = undefined;
        context.output.whenFlushed(() => {
          this.#state = idle;
          this.#reached('answered', text);
        });
      },
      explain: () => context.settings.systemLog,
      prompt: (length, received) => {
        if (!isCurrent(call)) return;
        context.output.say(okText);
        this.#reached('prompt', text);
        if (!isCurrent(call)) return;
        context.output.say('\r\n>');
        context.output.whenFlushed(() => {
          if (isCurrent(call)) this.#state = this.#promptFor(length, call, text, received);
        });
      },
    });
    this.#call = call;
    return call;
  }

  #promptFor(
    length: number,
    call: AnsweringCall,
    text: string,
    received: (payload: Buffer) => void,
  ): State {
    return {
      kind: 'prompt',
      payload: Buffer.allocUnsafe(length),
      filled: 0,
      received: (payload) => {
        this.#reached('payload', text);
        if (this.#call === call) this.#guard(call, () => received(payload));
      },
    };
  }

  #reached(point: Point, line: string): void {
    this.#context.hooks.reached?.(point, line);
  }

  /** After the piece at hand was read to its end, unless the device restarts before. */
  #soon(task: () => void): void {
    const call = this.#call;
    queueMicrotask(() => {
      if (this.#call === call) task();
    });
  }
}
