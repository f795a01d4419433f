import type { Command } from './command';

/** What a line or a prompt means for the command at work. */
export type Verdict =
  /** Not of this command's answer: a report, or unknown. */
  | 'foreign'
  /** Part of the answer; more is to come. */
  | 'taken'
  /** The prompt: the payload is to be written now. */
  | 'write'
  | 'success'
  /** Success, unless the probe that is out has become the payload's last byte: find out. */
  | 'verify'
  /** Success, unless a probe is not where it seems to be: in the payload, or unanswered. Find out. */
  | 'ask'
  /** The device refused it. */
  | 'failure'
  /** The command came back as typed: echo is on, which only a restart does. */
  | 'echo'
  /** This cannot be the answer to this command: the two sides are out of step. */
  | 'confused';

/**
 * One command from its line to its final result, as a pure state machine: no I/O, no time.
 * Whoever drives it writes the bytes and watches the clock.
 */
export class Exchange {
  readonly command: Command;
  readonly lines: string[] = [];
  /** Diagnostics the device gave before an ERROR (`AT+SYSLOG=1`). */
  reason = '';
  #phase: 'command' | 'result' = 'command';
  #acknowledged = false;
  #probes = 0;
  #busy = false;
  #won = false;
  /** Whether a probe went out that may not be what it was taken for. */
  #doubtful = false;
  #asked = false;

  constructor(command: Command) {
    this.command = command;
  }

  /** Whether payload bytes have been written: from here on a failure leaves the outcome unknown. */
  get payloadWritten(): boolean {
    return this.#phase === 'result';
  }

  /** Whether something of a message may have left: an empty one leaves with its line. */
  get mayHaveLeft(): boolean {
    return this.payloadWritten || (this.command.success === 'SEND OK' && !this.command.payload);
  }

  /** Whether the device said it was busy when nobody had probed it: something of ours may be lost. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Whether a probe was written whose answer has not come. */
  get probing(): boolean {
    return this.#probes > 0;
  }

  /** Whether success was read that has to be confirmed: a probe that was out may have become payload. */
  get won(): boolean {
    return this.#won;
  }

  /**
   * Something was written to find out whether the device is at work, idle, or waiting for payload: CR LF, or
   * CR alone after the payload. Two bytes could be taken for the payload's last and for too much at once,
   * which looks like a device at work.
   */
  probed(): void {
    this.#probes++;
  }

  prompt(): Verdict {
    if (!this.command.payload || this.#phase === 'result') return 'confused';
    this.#phase = 'result';
    this.#busy = false;
    // A probe before the prompt has completed our own line, or the prompt was late, and it is in the payload.
    this.#doubtful = this.#probes > 0;
    this.#probes = 0;
    return 'write';
  }

  line(text: string): Verdict {
    const refused = text === 'ERROR' || text === 'busy p...';
    if (this.#asked) {
      // Payload that was too much, or a probe that nothing has answered, stands in front of it and spoils it.
      return refused ? 'confused' : text === 'OK' ? 'success' : 'foreign';
    }
    if (this.#won && refused) return 'success';
    switch (text) {
      case 'OK':
        return this.#ok();
      case 'SEND OK':
        return this.command.success === 'SEND OK' && this.#awaitsResult()
          ? this.#success()
          : 'confused';
      case 'ERROR':
      case 'SEND FAIL':
        return this.#failure();
      case 'busy p...':
        // A probe written while the device works is answered so: proof that it is alive and at work.
        // Or it is the late answer to bytes that were too much.
        if (this.#probes > 0) {
          this.#probes--;
          this.#doubtful ||= this.payloadWritten;
        } else {
          this.#busy = true;
        }
        return 'taken';
    }
    if (text.startsWith('ERR CODE:')) {
      this.reason = text;
      return 'taken';
    }
    for (const start of this.command.informationResponses) {
      if (text.startsWith(start)) {
        this.lines.push(text);
        return 'taken';
      }
    }
    return text === this.command.line ? 'echo' : 'foreign';
  }

  #awaitsResult(): boolean {
    return !this.command.payload || this.#phase === 'result';
  }

  #ok(): Verdict {
    if (this.#awaitsResult()) return this.command.success === 'OK' ? this.#success() : 'confused';
    if (this.#acknowledged) return 'confused';
    this.#acknowledged = true;
    return 'taken';
  }

  #success(): Verdict {
    // Busy after the payload: the device took fewer bytes than were written, so its length was another.
    if (this.#busy && this.#phase === 'result') return 'confused';
    if (this.#probes === 0 && !this.#doubtful) return 'success';
    // One probe in doubt and another unanswered: no question clears up both.
    if (this.#probes > 0 && this.#doubtful) return 'confused';
    this.#won = true;
    this.#asked = this.#doubtful;
    if (this.#asked) return 'ask';
    return this.payloadWritten ? 'verify' : 'taken';
  }

  #failure(): Verdict {
    // An ERROR may be the answer to a probe, or to noise that made the device busy, instead of to this.
    if (this.#probes > 0 || this.#busy) return 'confused';
    return this.#acknowledged && this.#phase === 'command' ? 'confused' : 'failure';
  }
}
