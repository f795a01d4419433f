import { episodeFault } from '../episode';

const RECEIVE_BUFFER_BYTES = 128;

export const overrun = episodeFault({
  name: 'overrun',
  group: 'line',
  description:
    'the device does not read for a while and loses what overflows; count: bytes that its buffer holds',
  defaults: { duration: 500, count: RECEIVE_BUFFER_BYTES },
  takesCount: true,
  begin(site, { count = RECEIVE_BUFFER_BYTES }) {
    const wire = site.line.wire('to-device');
    const kept: Buffer[] = [];
    let room = count;
    wire.divert = (bytes) => {
      const taken = Buffer.from(bytes.subarray(0, room));
      room -= taken.length;
      kept.push(taken);
    };
    return () => {
      wire.divert = undefined;
      wire.arrive(Buffer.concat(kept));
    };
  },
});
