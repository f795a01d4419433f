import type { Response, Command, Run } from '../../driver/at/command';
import { EspAtError } from '../../driver/errors';

/** The response to a command: the lines before OK, or `error` with the lines before ERROR. */
export type Reply = Response | { readonly error: readonly string[] };

/** Runs commands with the test's responses, and records them. */
export class ScriptedRun {
  readonly asked: string[] = [];
  readonly payloads: string[] = [];
  readonly #reply: (line: string, command: Command) => Reply;

  constructor(reply: (line: string, command: Command) => Reply) {
    this.#reply = reply;
  }

  readonly run: Run = (command) => {
    this.asked.push(command.line);
    if (command.payload) this.payloads.push(Buffer.from(command.payload).toString('latin1'));
    const reply = this.#reply(command.line, command);
    if (!('error' in reply)) return Promise.resolve(reply);
    const said = reply.error.join(', ');
    const reason = said === '' ? '' : `: ${said}`;
    return Promise.reject(new EspAtError('COMMAND_FAILED', { command: command.name, reason }));
  };
}
