import { eventFault } from '../episode';

export const echo = eventFault({
  name: 'echo',
  group: 'device',
  description: 'echo is on again; "echo=answered,ATE0,100%" keeps it on for good',
  apply({ device }) {
    device.echo = true;
    return undefined;
  },
});
