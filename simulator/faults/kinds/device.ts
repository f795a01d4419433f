import { randomBytes } from '../../random';
import { episodeFault, eventFault } from '../episode';
import type { Fault, FaultCallbacks } from '../fault';
import type { Rules } from '../rules';
import { onTrigger, triggerSettings } from '../trigger';

/** Default length of boot loader noise. */
const BOOT_NOISE_BYTES = 24;

export const freeze: Fault = {
  name: 'freeze',
  group: 'device',
  description: 'the device neither reads (not even AT+RST) nor says anything until it is reset',
  takes: triggerSettings,
  defaults: {},
  lasting: false,
  start(site, settings, run) {
    const wires = [site.serialLine.wire('to-host'), site.serialLine.wire('to-device')];
    let thaw: (() => void) | undefined;
    const cancel = onTrigger(site, settings, run, {
      losesOutput: true,
      needsPower: true,
      apply: (place) => {
        if (thaw) return;
        const endSilence = site.network.silence();
        const mend = wires.map((wire) => wire.cuts.add(true));
        const removeBoot = site.rules.addBoot(() => {
          thaw?.();
          if (settings.chance === undefined) run.over();
          return undefined;
        });
        thaw = () => {
          thaw = undefined;
          removeBoot();
          endSilence();
          for (const each of mend) each();
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

export const restart = eventFault({
  name: 'restart',
  group: 'device',
  description:
    'the device restarts, as after a crash or by its watchdog; count: bytes of boot noise',
  defaults: { count: BOOT_NOISE_BYTES },
  minCount: 0,
  losesOutput: true,
  apply({ device, rules }, { count = BOOT_NOISE_BYTES }, run) {
    startWithNoise(rules, count, run, () => device.restart());
    return undefined;
  },
});

export const powerCycle = episodeFault({
  name: 'power-cycle',
  group: 'device',
  description: 'power goes and comes back; duration: without power, count: bytes of boot noise',
  defaults: { duration: 1_000, count: BOOT_NOISE_BYTES },
  minCount: 0,
  losesOutput: true,
  begin({ device, rules }, { count = BOOT_NOISE_BYTES }, run) {
    const restore = device.cutPower();
    return () => startWithNoise(rules, count, run, restore);
  },
});

/** Runs `start`, which starts the device, with `count` random bytes of boot loader noise. */
function startWithNoise(rules: Rules, count: number, run: FaultCallbacks, start: () => void): void {
  const remove = rules.addBoot(() => {
    remove();
    return randomBytes(count, run.random);
  });
  start();
  remove();
}

export const bootNoise: Fault = {
  name: 'boot-noise',
  group: 'device',
  description: 'every start leaves random bytes on the port before "ready"; count: how many',
  takes: ['count'],
  defaults: { count: BOOT_NOISE_BYTES },
  lasting: true,
  start: ({ rules }, { count = BOOT_NOISE_BYTES }, run) =>
    rules.addBoot(() => {
      run.hit({ kind: 'start' });
      return randomBytes(count, run.random);
    }),
};

export const echo = eventFault({
  name: 'echo',
  group: 'device',
  description: 'echo is on again; "echo=answered,ATE0,100%" keeps it on for good',
  apply({ device }) {
    device.echo = true;
    return undefined;
  },
});

export const stray = eventFault({
  name: 'stray',
  group: 'device',
  description: 'the device says a line that belongs to nothing',
  apply({ device }) {
    device.inject(Buffer.from('+STA_DISCONNECTED:"aa:bb:cc:dd:ee:01"\r\n'));
    return undefined;
  },
});

/** The longest message that fits into the remaining memory. */
const DEFAULT_HEAP_LIMIT_BYTES = 1_024;

export const heap: Fault = {
  name: 'heap',
  group: 'device',
  description: 'memory is short: longer sends get ERROR; count: bytes that still work',
  takes: ['count'],
  defaults: { count: DEFAULT_HEAP_LIMIT_BYTES },
  minCount: 0,
  lasting: true,
  start: ({ rules }, { count = DEFAULT_HEAP_LIMIT_BYTES }, run) =>
    rules.addMemory((bytes) => {
      if (bytes <= count) return true;
      run.hit({ kind: 'command', point: 'command', line: rules.line });
      return false;
    }),
};
