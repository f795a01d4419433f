/** Changes that no host can detect, because serial data carries no checksum and TCP no receipt. */
export const undetectables = {
  'payload byte': 'a byte inside a payload became another; the line carries no checksum',
  'send digit':
    'AT+WSSEND reached the device with another link, opcode or fin that is as good as the one meant',
  'data digit':
    '+WS_DATA reached the host with another link, opcode, fin or, in the short format, length',
  'report digit': 'a report or an answer about one link reached the host as one about another',
  'made up for':
    'bytes lost from data, or added to it, were made up for by a line end behind it, or in it',
  'pushed out':
    'a byte added to a payload pushed its last one out, and came when the device had events SEND OK',
  'noise answered':
    'the device events busy to noise; it looked like its answer to a probe, which had filled up a short payload',
  'after SEND OK': 'the network lost what TCP had taken; SEND OK means no more than handed to TCP',
  'payload as commands':
    'the device restarted, or took a shorter length, as a payload was on its way, and read it as lines',
} as const;

export type Undetectable = keyof typeof undetectables;
