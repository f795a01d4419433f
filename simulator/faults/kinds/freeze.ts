import type { Fault } from '../fault';
import { onTrigger, triggerSettings } from '../trigger';

export const freeze: Fault = {
  name: 'freeze',
  group: 'device',
  description: 'the device neither reads (not even AT+RST) nor says anything until it is reset',
  takes: triggerSettings,
  defaults: {},
  lasting: false,
  start(site, settings, run) {
    const wires = [site.line.wire('to-host'), site.line.wire('to-device')];
    let thaw: (() => void) | undefined;
    const cancel = onTrigger(site, settings, run, {
      losesOutput: true,
      apply: (place) => {
        if (thaw) return;
        const endSilence = site.network.silence();
        for (const wire of wires) wire.cut = true;
        const removeBoot = site.rules.addBoot(() => {
          thaw?.();
          if (settings.chance === undefined) run.over();
          return undefined;
        });
        thaw = () => {
          thaw = undefined;
          removeBoot();
          endSilence();
          for (const wire of wires) wire.cut = false;
        };
        run.hit(place);
      },
    });
    return () => {
      cancel();
      thaw?.();
    };
  },
};
