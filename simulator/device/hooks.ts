/** The outcome of a command line. */
export type Outcome =
  | { readonly kind: 'execute' }
  /** The device answers `busy p...`; `executed`: it carries out the command nevertheless. */
  | { readonly kind: 'busy'; readonly executed: boolean }
  /** The device carries out the command; its response never reaches the host, except for a prompt. */
  | { readonly kind: 'answer lost' }
  /** The device carries out the command, then answers ERROR, as some builds do with every `AT+WSSEND`. */
  | { readonly kind: 'answer false' }
  /** The device is busy for `delay` milliseconds, then carries out the command. */
  | { readonly kind: 'late'; readonly delay: number }
  /** The device never answers, and stays busy until it restarts. */
  | { readonly kind: 'hang' }
  /** The device crashes instead. */
  | { readonly kind: 'restart' }
  | { readonly kind: 'error' };

/** Points of a command at which a fault can apply. */
export type Point =
  /** The line is complete and echoed; the device has not acted on it. */
  | 'command'
  /** The device has written the OK before a prompt, but not the prompt. */
  | 'prompt'
  /** The payload is complete; the device has not acted on it. */
  | 'payload'
  /** The network has taken the frame, or the send has failed; the device has not answered. */
  | 'sent'
  /** The command has ended. The device has written its final result code, if it has one. */
  | 'answered';

/** Where faults apply to the device core. Every hook is optional. */
export interface Hooks {
  /** Decides the outcome of a command line, given without its CR LF. Called once for each. */
  outcome?(line: string): Outcome;
  /** Called at each point of a command; may restart or switch off the device there. `line` is empty at `sent`. */
  reached?(point: Point, line: string): void;
  /** Called when the device answers `busy p...` to bytes that arrive while a command runs. */
  refused?(): void;
  /** Whether there is memory for a payload of so many bytes. */
  allocate?(bytes: number): boolean;
  /** Called when the device starts. Returns the bytes that the boot loader writes. */
  booting?(): Buffer | undefined;
}
