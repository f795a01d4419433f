import { randomBytes } from '../../random';
import type { Fault } from '../fault';

const DEFAULT_NOISE_BYTES = 24;

export const bootNoise: Fault = {
  name: 'boot-noise',
  group: 'device',
  description: 'every start leaves random bytes on the line before "ready"; count: how many',
  takes: ['count'],
  defaults: { count: DEFAULT_NOISE_BYTES },
  lasting: true,
  start: ({ rules }, { count = DEFAULT_NOISE_BYTES }, run) =>
    rules.addBoot(() => {
      run.hit({ kind: 'start' });
      return randomBytes(count, run.random);
    }),
};
