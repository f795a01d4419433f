import { randomBytes } from '../../random';
import { byteFault } from '../bytes';

export const insert = byteFault({
  name: 'insert',
  description: 'random bytes come before a byte; count: how many',
  inRow: false,
  change: (byte, random, count) => Buffer.concat([randomBytes(count, random), Buffer.of(byte)]),
});
