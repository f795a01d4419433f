/**
 * Codes of failed commands, which the device sends while `AT+SYSLOG=1` is set: `0x01SSEEEE` (SS the kind of failure,
 * EEEE the parameter).
 */
export const errorCode = {
  noTerminator: 0x01_02_0000,
  noAt: 0x01_03_0000,
  unknownCommand: 0x01_09_0000,
  busy: 0x01_0b_0000,
  /** @param place of the parameter, from 1 */
  invalid: (place: number): number => 0x01_07_0000 | place,
  /** @param index of the parameter, from 0 */
  unparsable: (index: number): number => 0x01_08_0000 | index,
} as const;

/** The diagnostic of a code, without its CR LF. */
export const errorLine = (code: number): string =>
  `ERR CODE:0x${code.toString(16).padStart(8, '0')}`;

/** Ends a command with `ERROR`, and with a code where the firmware has one. */
export class CommandError extends Error {
  readonly code: number | undefined;

  constructor(code?: number) {
    super('the command fails');
    this.code = code;
  }
}
