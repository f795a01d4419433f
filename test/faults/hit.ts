import type { Label } from './message';

/** `to-device`: what the host writes; `to-host`: what the device says. */
export type Direction = 'to-device' | 'to-host';

/** What a byte belongs to, as the one who wrote it meant it. */
export type Spot =
  // to the device
  | 'command'
  | 'payload'
  | 'filler'
  // to the host
  | 'answer'
  | 'report'
  | 'header'
  | 'data'
  | 'tail';

/** What is done to a byte. */
export type ByteAct = 'lost' | 'doubled' | 'inserted' | 'flipped';

/** A byte fault to be done. */
export interface ByteFault {
  readonly direction: Direction;
  readonly act: ByteAct;
  /** How many bytes in a row. */
  readonly count?: number;
  /** Only bytes of these; absent: any. */
  readonly spots?: readonly Spot[];
  /** How many bytes that fit pass unharmed before. */
  readonly skip: number;
  /** Bits that a flip changes; the byte that an insertion puts before. */
  readonly value: number;
  /** It has happened. */
  readonly hit: (hit: Hit) => void;
}

/** A byte fault that has happened. */
export interface Hit {
  readonly direction: Direction;
  readonly spot: Spot;
  readonly act: ByteAct;
  /** Of the byte, among all of its direction. */
  readonly offset: number;
}

/** Why nobody could know of a change: the line carries no checksum. */
export const unknowables = {
  'payload byte': 'a byte inside a payload became another; the line carries no checksum',
  'send digit':
    'AT+WSSEND reached the device with another link, opcode or fin that is as good as the one meant',
  'data digit':
    '+WS_DATA reached the host with another link, opcode, fin or, in the short format, length',
  'made up for': 'lost bytes of a payload were made up for by the line ends behind it',
  'after SEND OK': 'the network lost what TCP had taken; SEND OK means no more than handed to TCP',
} as const;

export type Unknowable = keyof typeof unknowables;

/** Who is told of what only the line sees. */
export interface LineWitness {
  /** No host could know that this message was changed. */
  unknowable(label: Label, kind: Unknowable): void;
}
