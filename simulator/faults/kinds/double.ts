import { byteFault } from '../bytes';

export const double = byteFault({
  name: 'double',
  description: 'bytes come twice; count: how many in a row, each twice',
  inRow: true,
  change: (byte) => Buffer.of(byte, byte),
});
