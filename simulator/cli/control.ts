import type { SimulatedDevice } from '../device/device';
import { formatSettings, type Faults, type Hit, type Injection } from '../faults';
import { faultList } from './help';

const help = `  fault NAME[=VALUE]    injects a fault
  end NAME              ends the faults of that name
  clear                 ends all faults
  active                lists the active faults
  faults                lists all faults
  wifi off|on           takes Wi-Fi out of reach, or brings it back
  restart               restarts the device
  power off|on          takes power away, or brings it back
  help                  this text`;

/** Runs control commands on a device, and prints each application of a fault. */
export class Control {
  readonly #device: SimulatedDevice;
  readonly #faults: Faults;
  readonly #print: (line: string) => void;

  constructor(device: SimulatedDevice, faults: Faults, print: (line: string) => void) {
    this.#device = device;
    this.#faults = faults;
    this.#print = print;
  }

  /** @throws Error for an invalid fault */
  inject(fault: string): Injection {
    return this.#faults.inject(fault, undefined, (hit) => this.#print(describeHit(hit)));
  }

  /** Runs one line. Prints an error when the line is invalid. */
  execute(line: string): void {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    const value = rest.join(' ');
    try {
      if (word !== '') this.#do(word.toLowerCase(), value);
    } catch (error) {
      this.#print(error instanceof Error ? error.message : String(error));
    }
  }

  #do(word: string, value: string): void {
    const line = `${word} ${value}`.trim();
    switch (line) {
      case 'clear':
        this.#faults.clear();
        return;
      case 'active':
        for (const injection of this.#faults.active) this.#print(describeInjection(injection));
        return;
      case 'faults':
        this.#print(faultList().trimEnd());
        return;
      case 'wifi off':
        this.#device.wifi.lose();
        return;
      case 'wifi on':
        this.#device.wifi.recover();
        return;
      case 'power off':
        this.#device.powerOff();
        return;
      case 'power on':
        this.#device.powerOn();
        return;
      case 'restart':
        this.#device.restart();
        return;
      case 'help':
        this.#print(help);
        return;
    }
    if (word === 'fault' && value !== '') this.inject(value);
    else if (word === 'end' && value !== '') this.#end(value);
    else throw new Error(`"${line}" is not understood; "help" lists what is`);
  }

  #end(name: string): void {
    const found = this.#faults.active.filter(({ fault }) => fault.name === name);
    if (found.length === 0) throw new Error(`no fault "${name}" is active`);
    for (const injection of found) injection.end();
  }
}

function describeInjection({ fault, settings, count }: Injection): string {
  const value = formatSettings(settings);
  return `${fault.name}${value === '' ? '' : `=${value}`}, applied ${counted(count, 'time')}`;
}

/** `1 time`, `2 times` */
const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `12.345 s: lose to-device @120, 41 -> (nothing)` */
function describeHit({ fault, at, place }: Hit): string {
  const when = `${(at / 1000).toFixed(3)} s: ${fault}`;
  switch (place.kind) {
    case 'bytes':
      return `${when} ${place.direction} @${place.offset}${changeOf(place.sent, place.received)}`;
    case 'command':
      // Prints the command's name only: its parameters may hold a password.
      return `${when} ${place.point} ${/^[A-Z0-9+_]*/i.exec(place.line)?.[0] ?? ''}`;
    case 'network':
      return `${when} on ${counted(place.count, 'connection')}`;
    case 'start':
    case 'time':
      return when;
  }
}

function changeOf(sent: Buffer, received: Buffer): string {
  if (sent.length === 0 && received.length === 0) return '';
  const show = (bytes: Buffer): string =>
    bytes.length === 0 ? '(nothing)' : bytes.toString('hex');
  return `, ${show(sent)} -> ${show(received)}`;
}
