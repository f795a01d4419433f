import { randomBytes } from '../../random';
import type { Fault } from '../fault';
import { onTrigger, triggerSettings } from '../trigger';

const DEFAULT_BURST_BYTES = 8;

export const noise: Fault = {
  name: 'noise',
  group: 'line',
  description:
    'a burst of random bytes on the idle line, to the device or to the host; count: bytes',
  takes: [...triggerSettings, 'count'],
  defaults: { direction: 'to-device', count: DEFAULT_BURST_BYTES },
  lasting: false,
  start(site, settings, run) {
    const { direction = 'to-device', count = DEFAULT_BURST_BYTES } = settings;
    const wire = site.line.wire(direction);
    let cancelWait: (() => void) | undefined;
    const apply = () => {
      cancelWait = undefined;
      const received = randomBytes(count, run.random);
      const place = { direction, offset: wire.offset, unit: received, index: 0 };
      run.hit({ kind: 'bytes', ...place, sent: Buffer.alloc(0), received });
      wire.arrive(received);
      if (settings.chance === undefined) run.over();
    };
    const cancel = onTrigger(site, settings, run, {
      apply: () => {
        cancelWait?.();
        cancelWait = site.line.whenIdle(direction, apply);
      },
    });
    return () => {
      cancel();
      cancelWait?.();
    };
  },
};
