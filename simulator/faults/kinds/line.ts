import { randomBytes } from '../../random';
import { readAtRate } from '../../serial/rate-mismatch';
import { byteFault } from '../bytes';
import { fault, triggeredFault } from '../builders';
import { onTrigger, triggerSettings } from '../trigger';

const noise = fault({
  name: 'noise',
  group: 'line',
  description:
    'a burst of random bytes on the idle port, to the device or to the host; count: bytes',
  takes: [...triggerSettings, 'count'],
  defaults: { direction: 'to-device', count: 8 },
  lasting: false,
  start(site, settings, run) {
    const { direction, count } = settings;
    const wire = site.serialLine.wire(direction);
    let cancelWait: (() => void) | undefined;
    const apply = () => {
      cancelWait = undefined;
      const received = randomBytes(count, run.random);
      const place = { direction, offset: wire.offset, chunk: received, index: 0 };
      if (!run.hit({ kind: 'bytes', ...place, sent: Buffer.alloc(0), received })) return;
      wire.arrive(received);
      if (settings.chance === undefined) run.over();
    };
    const cancel = onTrigger(site, settings, run, {
      needsPower: false,
      apply: () => {
        cancelWait?.();
        cancelWait = site.serialLine.whenIdle(direction, apply);
      },
    });
    return () => {
      cancel();
      cancelWait?.();
    };
  },
});

export const lineFaults = [
  byteFault({
    name: 'lose',
    description: 'bytes are lost; count: how many in a row',
    inRow: true,
    change: () => Buffer.alloc(0),
  }),
  byteFault({
    name: 'flip',
    description: 'one bit of a byte is flipped; count: how many bytes in a row',
    inRow: true,
    change: (byte, random) => Buffer.of(byte ^ (1 << Math.floor(random() * 8))),
  }),
  byteFault({
    name: 'double',
    description: 'bytes come twice; count: how many in a row, each twice',
    inRow: true,
    change: (byte) => Buffer.of(byte, byte),
  }),
  byteFault({
    name: 'insert',
    description: 'random bytes come before a byte; count: how many',
    inRow: false,
    change: (byte, random, count) => Buffer.concat([randomBytes(count, random), Buffer.of(byte)]),
  }),
  noise,
  triggeredFault({
    name: 'stall',
    group: 'line',
    description: 'nothing the device says comes through for a while, then all of it',
    defaults: { duration: 3_000 },
    apply({ serialLine }) {
      const release = serialLine.hold();
      const wire = serialLine.wire('to-host');
      // Of the chunk that holds the byte of an offset, the rest is on the wire already.
      const kept: Buffer[] = [];
      const resume = wire.diversions.add((bytes) => kept.push(bytes));
      return () => {
        resume();
        wire.arrive(Buffer.concat(kept));
        release();
      };
    },
  }),
  triggeredFault({
    name: 'overrun',
    group: 'line',
    description:
      'the device does not read for a while and loses what overflows; count: bytes that its buffer holds',
    defaults: { duration: 500, count: 128 },
    minCount: 0,
    apply(site, { count }) {
      const wire = site.serialLine.wire('to-device');
      const kept: Buffer[] = [];
      let room = count;
      const resume = wire.diversions.add((bytes) => {
        const taken = Buffer.from(bytes.subarray(0, room));
        room -= taken.length;
        kept.push(taken);
      });
      return () => {
        resume();
        wire.arrive(Buffer.concat(kept));
      };
    },
  }),
  triggeredFault({
    name: 'wrong-rate',
    group: 'line',
    description: 'both ends read garbage; count: baud rate of the device, other than the right one',
    defaults: { duration: 5_000, count: 9_600 },
    apply({ serialLine }, { count }) {
      const undos = [
        serialLine
          .wire('to-host')
          .distortions.add((bytes) => readAtRate(bytes, count, serialLine.rate)),
        serialLine
          .wire('to-device')
          .distortions.add((bytes) => readAtRate(bytes, serialLine.rate, count)),
      ];
      return () => {
        for (const undo of undos) undo();
      };
    },
  }),
];
