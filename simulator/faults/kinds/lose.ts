import { byteFault } from '../bytes';

export const lose = byteFault({
  name: 'lose',
  description: 'bytes are lost; count: how many in a row',
  inRow: true,
  change: () => Buffer.alloc(0),
});
