import { event } from '../episode';

export const stray = event({
  name: 'stray',
  group: 'device',
  description: 'the device says a line that belongs to nothing',
  happen({ device }) {
    device.inject(Buffer.from('+STA_DISCONNECTED:"aa:bb:cc:dd:ee:01"\r\n'));
    return undefined;
  },
});
