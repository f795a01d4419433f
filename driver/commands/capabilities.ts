/** Class of ESP-AT firmware, by its {@link Capabilities}. */
export type FirmwareClass = 'A' | 'B' | 'C' | 'D';

/** Capabilities of the firmware. */
export interface Capabilities {
  /** Class of the firmware. */
  readonly firmware: FirmwareClass;
  /** AT version in the response to `AT+GMR`: for display, and for `misframes`; never for the class. */
  readonly version: string;
  /** `AT+WSHEAD` (B, C, D). */
  readonly headers: boolean;
  /** `AT+WSCFG` takes auth_mode and certificate slots (C, D). */
  readonly authentication: boolean;
  /** Long data format, `fin`, empty messages (D). */
  readonly fragments: boolean;
  /**
   * What the firmware does with a message that comes in one TCP segment with the handshake response: classes A and B lose
   * it; C and D hold it back until the server's next byte, and the driver sends a ping for that.
   */
  readonly firstMessage: 'lost' | 'heldBack';
  /** Whether the firmware loses its place in the server's frames where TCP cuts a frame header (A, B). */
  readonly losesFraming: boolean;
  /** Largest `AT+WSSEND`, in bytes: 8192 (A-C) or 16384 (D). */
  readonly maxSend: number;
  /**
   * Whether the firmware frames a message longer than the link's buffer wrongly (v4.0.0.0): the driver refuses such a
   * message. Only the version text identifies this firmware.
   */
  readonly misframes: boolean;
  /** Largest buffer size of `AT+WSCFG`, in bytes: 8192 (A-C) or 16384 (D). */
  readonly maxBuffer: number;
}
