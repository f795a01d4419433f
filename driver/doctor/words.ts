import type { DoctorFacts, DoctorStep } from './report';

/** A step in English, for a terminal. */
export const stepsInWords = {
  port: 'Opening the port',
  rate: 'Looking for the device',
  firmware: 'Asking for the firmware',
  network: 'Asking for Wi-Fi and clock',
  certificates: 'Looking for certificates',
  wiring: 'Testing the wiring',
  bestRate: 'Looking for the best baud rate',
  echoServer: 'Trying the echo server',
} as const satisfies Record<DoctorStep, string>;

/** Returns the facts in English, one a line. */
export function factsInWords(facts: Readonly<DoctorFacts>): string[] {
  const { testLines, corruptLines, certificates } = facts;
  const lines: readonly (readonly [string, string | number | undefined])[] = [
    ['Port', facts.port],
    ['Baud rate', facts.baudRate],
    ['Best baud rate', facts.bestBaudRate],
    ['RTS/CTS', wiring(facts.rtsCtsWired)],
    ['Round trip', unit(facts.roundTripMs, 'ms')],
    ['Corrupt lines', testLines === undefined ? undefined : `${corruptLines} of ${testLines}`],
    ['Firmware', facts.version],
    ['Class', facts.firmware],
    ['Module', facts.module],
    ['Wi-Fi', facts.ssid],
    ['Signal', unit(facts.signal, 'dBm')],
    ['Address', facts.address],
    ['Time', facts.time],
    ['Certificates', certificates?.length === 0 ? 'none' : certificates?.join(', ')],
    ['Echo server', unit(facts.echoServerMs, 'ms')],
  ];
  return lines.flatMap(([name, value]) =>
    value === undefined ? [] : `${`${name}:`.padEnd(16)}${value}\n`,
  );
}

const wiring = (isWired: boolean | undefined) =>
  isWired === undefined ? undefined : isWired ? 'wired' : 'not wired';

const unit = (value: number | undefined, name: string) =>
  value === undefined ? undefined : `${value} ${name}`;
