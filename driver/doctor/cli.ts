#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { portAt } from '../port/open';
import { DeviceRecorder } from '../recorder/device-recorder';
import { examine } from './doctor';
import { findingInWords } from './findings';
import type { DoctorFacts, DoctorReport, DoctorStep } from './report';

/** Bytes of a recording: enough for a whole examination. */
const RECORD_BYTES = 4 * 1024 * 1024;

const USAGE = `esp-at-doctor PORT
esp-at-doctor PORT --uri ws://echo.example.org/

Examines an ESP32 with ESP-AT on a port, and says what is missing or wrong, the worst first, and what to do. Leaves baud
rate, echo and flash as they were, unless you stop it before its end. A device without a network joins the one that it
knows. No other program may use the port.

PORT             the path or name of a serial port (/dev/ttyUSB0, COM3), or tcp://host:port of a bridge

  --baud N       the baud rate to try first (default 115200)
  --uri URI      an echo server to try; clears the header list of the device (AT+WSHEAD), and on class D sets the data
                 format of a free link (AT+WSDATAFMT)
  --json         prints findings and facts as JSON
  --record FILE  writes the traffic of the port to a file, without passwords, but with URI's query string;
                 esp-at-replay replays it
  --help         this text

Exit code: 0 all is well, 1 a finding is an error or a warning, 2 an argument is wrong, or FILE cannot be written.
`;

/** A step in English, for a terminal. */
const stepsInWords = {
  port: 'Opening the port',
  rate: 'Looking for the device',
  firmware: 'Asking for the firmware',
  network: 'Asking for Wi-Fi and clock',
  certificates: 'Looking for certificates',
  wiring: 'Testing the wiring',
  bestRate: 'Looking for the best baud rate',
  echoServer: 'Trying the echo server',
} as const satisfies Record<DoctorStep, string>;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      baud: { type: 'string', default: '115200' },
      uri: { type: 'string' },
      json: { type: 'boolean', default: false },
      record: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [address, ...others] = positionals;
  if (values.help || address === undefined || others.length > 0) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const opener = portAt(address, { rate: Number(values.baud) });
  const { uri, record } = values;
  const recorder =
    record === undefined ? undefined : new DeviceRecorder({ port: opener }, RECORD_BYTES);
  recorder?.called('examine', uri);
  const report = await examine(recorder?.port ?? opener, {
    ...(recorder === undefined ? {} : { clock: recorder.clock }),
    ...(uri === undefined ? {} : { uri }),
    onStep: progress(process.stderr.isTTY),
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : inWords(report));
  // Last: where FILE cannot be written, the report must not be lost.
  const { firmware, version = '' } = report.facts;
  if (record !== undefined && recorder)
    writeFileSync(record, recorder.text('esp-at-doctor', firmware && { firmware, version }));
  return report.ok ? 0 : 1;
}

/** Shows the step in one line, which the next step overwrites; shows nothing without a terminal. */
function progress(isTerminal: boolean) {
  return (step: DoctorStep): void => {
    if (isTerminal) process.stderr.write(`\r\x1b[K${stepsInWords[step]} …`);
  };
}

function inWords({ ok, findings, facts }: DoctorReport): string {
  const found = findings.map((each) => `${each.severity}: ${findingInWords(each)}\n`);
  return [...factsInWords(facts), ...found, ok ? 'All is well.\n' : ''].join('');
}

/** Returns the facts in English, one a line. */
function factsInWords(facts: Readonly<DoctorFacts>): string[] {
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

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
