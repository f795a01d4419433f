import { randomBytes } from '../../random';
import { readAtRate } from '../../serial/rate-mismatch';
import { defaultUartSettings } from '../../serial/uart';
import { byteFault } from '../bytes';
import { episodeFault } from '../episode';
import type { Fault } from '../fault';
import { onTrigger, triggerSettings } from '../trigger';

export const lose = byteFault({
  name: 'lose',
  description: 'bytes are lost; count: how many in a row',
  inRow: true,
  change: () => Buffer.alloc(0),
});

export const flip = byteFault({
  name: 'flip',
  description: 'one bit of a byte is flipped; count: how many bytes in a row',
  inRow: true,
  change: (byte, random) => Buffer.of(byte ^ (1 << Math.floor(random() * 8))),
});

export const double = byteFault({
  name: 'double',
  description: 'bytes come twice; count: how many in a row, each twice',
  inRow: true,
  change: (byte) => Buffer.of(byte, byte),
});

export const insert = byteFault({
  name: 'insert',
  description: 'random bytes come before a byte; count: how many',
  inRow: false,
  change: (byte, random, count) => Buffer.concat([randomBytes(count, random), Buffer.of(byte)]),
});

const DEFAULT_BURST_BYTES = 8;

export const noise: Fault = {
  name: 'noise',
  group: 'line',
  description:
    'a burst of random bytes on the idle port, to the device or to the host; count: bytes',
  takes: [...triggerSettings, 'count'],
  defaults: { direction: 'to-device', count: DEFAULT_BURST_BYTES },
  lasting: false,
  start(site, settings, run) {
    const { direction = 'to-device', count = DEFAULT_BURST_BYTES } = settings;
    const wire = site.serialLine.wire(direction);
    let cancelWait: (() => void) | undefined;
    const apply = () => {
      cancelWait = undefined;
      const received = randomBytes(count, run.random);
      const place = { direction, offset: wire.offset, chunk: received, index: 0 };
      run.hit({ kind: 'bytes', ...place, sent: Buffer.alloc(0), received });
      wire.arrive(received);
      if (settings.chance === undefined) run.over();
    };
    const cancel = onTrigger(site, settings, run, {
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
};

export const stall = episodeFault({
  name: 'stall',
  group: 'line',
  description: 'nothing the device says comes through for a while, then all of it',
  defaults: { duration: 3_000 },
  begin: (site) => site.serialLine.hold(),
});

const RECEIVE_BUFFER_BYTES = 128;

export const overrun = episodeFault({
  name: 'overrun',
  group: 'line',
  description:
    'the device does not read for a while and loses what overflows; count: bytes that its buffer holds',
  defaults: { duration: 500, count: RECEIVE_BUFFER_BYTES },
  minCount: 0,
  begin(site, { count = RECEIVE_BUFFER_BYTES }) {
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
});

/** Bits a second. */
const DEFAULT_DEVICE_RATE = 9_600;
/** Bits a second. */
const HOST_RATE = defaultUartSettings.rate;

export const wrongRate = episodeFault({
  name: 'wrong-rate',
  group: 'line',
  description: `both ends read garbage; count: baud rate of the device (the host has ${HOST_RATE})`,
  defaults: { duration: 5_000, count: DEFAULT_DEVICE_RATE },
  begin(site, { count = DEFAULT_DEVICE_RATE }) {
    const toHost = site.serialLine.wire('to-host');
    const toDevice = site.serialLine.wire('to-device');
    const ends = [
      toHost.distortions.add((bytes) => readAtRate(bytes, count, HOST_RATE)),
      toDevice.distortions.add((bytes) => readAtRate(bytes, HOST_RATE, count)),
    ];
    return () => {
      for (const end of ends) end();
    };
  },
});
