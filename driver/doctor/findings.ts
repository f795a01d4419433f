import { EspAtError, type ErrorCode, type ErrorDetails } from '../errors';
import { filled } from '../error-reasons';

/** `error`: something does not work. `warning`: it works, but not as it should. `note`: good to know. */
export type FindingSeverity = 'error' | 'warning' | 'note';

/** Sentences of the findings with a code of the doctor's own: the fact, then the remedy. `{name}` is a detail. */
const SENTENCES = {
  NO_ANSWER:
    'Nothing comes from {port} at any usual baud rate. Cross TX and RX, connect GND, use the AT port (UART1), and check the power.',
  NO_ANSWER_BRIDGE:
    'Nothing readable comes through the bridge {port}. Set the bridge to the baud rate of the device, usually 115200, then check TX, RX, GND and the power.',
  SLOW_BRIDGE:
    'The bridge {port} delays each response by more than 1.5 s. Shorten its way through the network, or connect the device by cable.',
  UNREADABLE:
    'Bytes come from {port}, but no answer at any usual baud rate. Use the AT port (UART1), not the log port; connect GND, and shorten the cable.',
  LOOK_ALIKE:
    'The board on {port} answers AT, but not as ESP-AT does ({version}). Flash ESP-AT with WebSocket commands.',
  STOCK_FIRMWARE:
    'The ESP-AT {version} on this {module} has no WebSocket commands. Flash a build for the {module} that has them.',
  NOISE:
    'Corrupt or lost responses at {rate} baud: {corrupt}. Shorten the cable, connect GND, or choose a lower baud rate.',
  WRONG_RATE: 'The device answers at {found} baud, not at {set}. Set the baud rate {found}.',
  LEFTOVER_RATE:
    'Another program left the device at {found} baud. The driver finds it there; after a restart the device is back at {set}.',
  PROMPT_OPEN:
    'Another program left the device waiting for data. The driver ended the wait; a message to a server may be corrupt.',
  WEAK_SIGNAL:
    'The signal of {ssid} is weak ({signal} dBm). Move the device or the access point closer, or use an external antenna.',
  ALL_LINKS_OPEN:
    'All links of the device are open, so the test could neither identify its firmware nor try a server. Restart the device, then test again.',
  ECHO_NOT_OPEN: 'The device did not open {uri}. Check the URI, the server and its certificate.',
  ECHO_NOT_SENT:
    'The device opened {uri}, but refused to send a message. Check whether the server closes the connection at once.',
  ECHO_NOT_BACK:
    'The server at {uri} did not send a message back within {seconds} s. Use an echo server, or check the server.',
  CLOCK_WRONG:
    'The clock of the device says {time}, which is wrong. Set SNTP: with a wrong clock, the device may refuse valid certificates.',
  CLOCK_UNSET: 'The clock of the device is not set. Set SNTP if links verify their server.',
  ECHO_ON: 'The device echoes commands. The driver switches that off.',
  LINKS_OPEN: '{count} connections are open. The driver closes them when it starts.',
  RTS_CTS_NOT_WIRED:
    'RTS and CTS are not wired. Wire them for baud rates above 460800, and against lost data.',
  BRIDGE:
    'The device is behind a bridge, and the driver cannot change the baud rate of a bridge. Set both to the same rate.',
  NO_TLS_VERIFICATION:
    'This firmware (ESP-AT before v4.1, class {class}) cannot verify servers. Flash a newer one if links need that.',
} as const;

const SEVERITIES: Readonly<Partial<Record<string, FindingSeverity>>> = {
  LEFTOVER_RATE: 'warning',
  PROMPT_OPEN: 'warning',
  WEAK_SIGNAL: 'warning',
  ALL_LINKS_OPEN: 'warning',
  CLOCK_WRONG: 'warning',
  // Perhaps no link uses it.
  CERTIFICATE_INVALID: 'warning',
  CLOCK_UNSET: 'note',
  ECHO_ON: 'note',
  LINKS_OPEN: 'note',
  RTS_CTS_NOT_WIRED: 'note',
  BRIDGE: 'note',
  NO_TLS_VERIFICATION: 'note',
};

/** Code of the doctor's own, no {@link ErrorCode}. */
export type DoctorCode = keyof typeof SENTENCES;

/** All of these codes: tests compare their translations. */
export const doctorCodes = Object.keys(SENTENCES).filter(isDoctorCode);

/** A problem or a peculiarity that the examination has found. */
export interface Finding {
  /** Stable code: one of the doctor's own, or of an error of the driver. */
  readonly code: DoctorCode | ErrorCode;
  /** How bad it is. */
  readonly severity: FindingSeverity;
  /** Values of the sentence. Never secrets. */
  readonly details: ErrorDetails;
}

export function finding(code: Finding['code'], details: ErrorDetails = {}): Finding {
  return { code, severity: SEVERITIES[code] ?? 'error', details };
}

/** Returns the finding in English: the fact, then the remedy. */
export function findingInWords({ code, details }: Finding): string {
  return isDoctorCode(code)
    ? filled(SENTENCES[code], details)
    : new EspAtError(code, details).message;
}

/** Sorts findings, the worst first; equally bad ones keep their order. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  const order: readonly FindingSeverity[] = ['error', 'warning', 'note'];
  return order.flatMap((severity) => findings.filter((each) => each.severity === severity));
}

function isDoctorCode(code: string): code is DoctorCode {
  return code in SENTENCES;
}
