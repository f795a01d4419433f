import type { CommandHandlers } from '../at/command';

type Handler = NonNullable<CommandHandlers['query' | 'execute']>;
type Set = NonNullable<CommandHandlers['set']>;

/** Answers with these lines, then OK. */
export const lines =
  (read: () => string | readonly string[]): Handler =>
  (response) => {
    for (const line of [read()].flat()) response.line(line);
    response.ok();
  };

/** Answers with a line and OK, with one CR LF between them instead of two, as some commands of the firmware do. */
export const lineWithoutGap =
  (read: () => string): Handler =>
  (response) =>
    response.finish(`${read()}\r\nOK\r\n`);

/** Carries out a command without parameters, then answers OK. */
export const okAfter =
  (act?: () => void): Handler =>
  (response) => {
    act?.();
    response.ok();
  };

/** Takes one number, from 0 to `maximum`. */
export const oneNumber =
  (maximum: number, write: (value: number) => void): Set =>
  (response, parameters) => {
    parameters.exactly(1);
    write(parameters.number(0, 0, maximum));
    response.ok();
  };
