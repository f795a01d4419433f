/** Changes that no host can detect, because serial data carries no checksum and TCP no receipt. */
export const undetectables = {
  'payload byte': 'a byte inside a payload became another',
  'send digit': 'AT+WSSEND reached the device with another valid link, opcode or fin',
  parameter: 'a parameter of a command reached the device as another valid one',
  'data digit':
    '+WS_DATA reached the host with another link, opcode, fin or, in the short format, length',
  'data length': 'in the short format, +WS_DATA reached the host with another length that fits',
  'URC digit': 'a URC or response about a link reached the host as another valid one',
  compensated:
    'a line end behind data took the place of lost bytes, or a line end in it that of added ones',
  'pushed out':
    'an extra byte pushed the last one out of a payload, and came after the device had sent SEND OK',
  'noise answered':
    'the device answered busy to noise, and the driver took it for the answer to its probe, whose bytes had completed a payload that arrived too short',
  'payload as commands':
    'the device restarted, or received a shorter length, and read the rest of a payload as lines',
  'false ready': 'a false ready looks like a true one',
  'after SEND OK': 'the network lost what TCP had taken; SEND OK means no more than that',
} as const;

export type Undetectable = keyof typeof undetectables;
