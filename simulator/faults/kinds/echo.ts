import { event } from '../episode';

export const echo = event({
  name: 'echo',
  group: 'device',
  description: 'echo is on again; "echo=answered,ATE0,100%" keeps it on for good',
  happen({ device }) {
    device.echo = true;
    return undefined;
  },
});
