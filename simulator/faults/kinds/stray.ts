import { eventFault } from '../episode';

export const stray = eventFault({
  name: 'stray',
  group: 'device',
  description: 'the device says a line that belongs to nothing',
  apply({ device }) {
    device.inject(Buffer.from('+STA_DISCONNECTED:"aa:bb:cc:dd:ee:01"\r\n'));
    return undefined;
  },
});
