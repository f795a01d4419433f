/** The outcome of a command line. */
export type Outcome =
  | { readonly kind: 'execute' }
  /** Answered with `busy p...`, and carried out all the same or not. */
  | { readonly kind: 'busy'; readonly executed: boolean }
  /** Carried out; its answer never reaches the host. */
  | { readonly kind: 'answer lost' }
  /** Carried out, and answered with ERROR all the same, as some builds do with every `AT+WSSEND`. */
  | { readonly kind: 'answer false' }
  /** Carried out only after `delay` milliseconds, busy meanwhile. */
  | { readonly kind: 'late'; readonly delay: number }
  /** Nothing ever comes; the device stays busy until it is restarted. */
  | { readonly kind: 'hang' }
  /** The device crashes instead. */
  | { readonly kind: 'restart' }
  | { readonly kind: 'error' };

/** Points of a command at which a fault can apply. */
export type Point =
  /** The line is complete and echoed; nothing has been done yet. */
  | 'command'
  /** The OK before a prompt was said, the prompt itself was not. */
  | 'prompt'
  /** The payload is complete; nothing has been done with it yet. */
  | 'payload'
  /** The frame was handed to the network; the answer has not been given. */
  | 'sent'
  /** The final result was given. */
  | 'answered';

/** Where faults apply to the device core. Every hook is optional. */
export interface Hooks {
  /** Asked once for each complete command line, without its CR LF. */
  outcome?(line: string): Outcome;
  /** Called at each point of a command; may restart or switch off the device there. */
  reached?(point: Point, line: string): void;
  /** Told when bytes came while a command is at work, and were refused with `busy p...`. */
  refused?(): void;
  /** Whether there is memory for so many bytes (a payload, a link's buffers). */
  allocate?(bytes: number): boolean;
  /** The device starts. What this returns is left on the line by the boot loader. */
  booting?(): Buffer | undefined;
}
