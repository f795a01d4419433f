import { byteFault } from '../bytes';

export const flip = byteFault({
  name: 'flip',
  description: 'one bit of a byte is flipped; count: how many bytes in a row',
  inRow: true,
  change: (byte, random) => Buffer.of(byte ^ (1 << Math.floor(random() * 8))),
});
