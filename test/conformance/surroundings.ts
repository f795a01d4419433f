import type { Report } from './reports';
import type { Stimulus } from './stimulus';
import type { Exchange } from './transcript';

/** How long before its first report a device must have been started, and an access point be heard. */
const BOOT_TIME = 400;
const JOIN_TIME = 600;

/** What has to happen, and how many milliseconds before it shows. */
export interface Lead {
  readonly lead: number;
  readonly stimuli: readonly Stimulus[];
}

const NOTHING: Lead = { lead: 0, stimuli: [] };

/** Finds out what must have become of power and Wi-Fi in a step, where the host did nothing about them. */
export class Surroundings {
  readonly #exchange: Exchange;
  /** Words tell what becomes of Wi-Fi or the network. */
  readonly #told: boolean;
  #powerCycled = false;
  #lost = false;

  constructor(exchange: Exchange, told: boolean) {
    this.#exchange = exchange;
    this.#told = told;
  }

  /**
   * @param first of the reports in a piece of output that is due
   * @param inFlight the command at work
   */
  ahead(first: Report | undefined, inFlight: string): Lead {
    if (first?.kind === 'ready' && !this.#powerCycled && !this.#hostRestarts) {
      this.#powerCycled = true;
      return {
        lead: BOOT_TIME,
        stimuli: [{ action: { kind: 'power', value: 'cycle' }, link: 0, at: 0 }],
      };
    }
    if (first?.kind !== 'wifi' || this.#told || /^AT\+CW/i.test(inFlight)) return NOTHING;
    if (first.state === 'DISCONNECT') {
      this.#lost = true;
      return { lead: 0, stimuli: [accessPoint(false)] };
    }
    const byItself = this.#powerCycled || this.#hostRestarts || this.#hostSends(/AT\+CWMODE=/i);
    if (first.state !== 'CONNECTED' || (byItself && !this.#lost)) return NOTHING;
    return { lead: JOIN_TIME, stimuli: [accessPoint(true)] };
  }

  /** Whether the device starts anew right after it has opened a link. */
  get crashes(): boolean {
    const said = this.#exchange.lines.filter(({ actor }) => actor === 'device');
    return /\+WS_CONNECTED:.*\\nready\\r/.test(said.map(({ text }) => text).join(''));
  }

  get #hostRestarts(): boolean {
    return this.#hostSends(/AT\+(?:RST|RESTORE)|AT\+WSOPEN=\d,""/i);
  }

  #hostSends(command: RegExp): boolean {
    return this.#exchange.lines.some((line) => line.actor === 'host' && command.test(line.text));
  }
}

const accessPoint = (value: boolean): Stimulus => ({
  action: { kind: 'access point', value },
  link: 0,
  at: 0,
});
