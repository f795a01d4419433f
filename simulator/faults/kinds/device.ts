import { randomBytes } from '../../random';
import { lastingFault, triggeredFault } from '../builders';
import type { FaultCallbacks } from '../fault';
import type { Rules } from '../rules';

/** Default length of boot loader noise. */
const BOOT_NOISE_BYTES = 24;

export const deviceFaults = [
  triggeredFault({
    name: 'freeze',
    group: 'device',
    description: 'the device neither reads (not even AT+RST) nor says anything until it is reset',
    defaults: {},
    losesOutput: true,
    apply({ network, rules, serialLine }, _settings, _run, end) {
      const undos = [
        rules.addBoot(() => {
          end();
          return undefined;
        }),
        network.silence(),
        serialLine.wire('to-host').cuts.add(true),
        serialLine.wire('to-device').cuts.add(true),
      ];
      return () => {
        for (const undo of undos) undo();
      };
    },
  }),
  triggeredFault({
    name: 'restart',
    group: 'device',
    description:
      'the device restarts, as after a crash or by its watchdog; count: bytes of boot noise',
    defaults: { count: BOOT_NOISE_BYTES },
    minCount: 0,
    losesOutput: true,
    apply({ device, rules }, { count }, run) {
      startWithNoise(rules, count, run, () => device.restart());
      return undefined;
    },
  }),
  triggeredFault({
    name: 'power-cycle',
    group: 'device',
    description: 'power goes and comes back; duration: without power, count: bytes of boot noise',
    defaults: { duration: 1_000, count: BOOT_NOISE_BYTES },
    minCount: 0,
    losesOutput: true,
    apply({ device, rules }, { count }, run) {
      const restore = device.cutPower();
      return () => startWithNoise(rules, count, run, restore);
    },
  }),
  lastingFault({
    name: 'boot-noise',
    group: 'device',
    description: 'every start leaves random bytes on the port before "ready"; count: how many',
    defaults: { count: BOOT_NOISE_BYTES },
    start: ({ rules }, { count }, run) =>
      rules.addBoot(() =>
        run.hit({ kind: 'start' }) ? randomBytes(count, run.random) : undefined,
      ),
  }),
  triggeredFault({
    name: 'echo',
    group: 'device',
    description: 'echo is on again; "echo=answered,ATE0,100%" keeps it on for good',
    defaults: {},
    apply({ device }) {
      device.echo = true;
      return undefined;
    },
  }),
  triggeredFault({
    name: 'stray',
    group: 'device',
    description: 'the device says a line that belongs to nothing',
    defaults: {},
    apply({ device }) {
      device.inject(Buffer.from('+STA_DISCONNECTED:"aa:bb:cc:dd:ee:01"\r\n'));
      return undefined;
    },
  }),
  lastingFault({
    name: 'heap',
    group: 'device',
    description:
      'memory is short: AT+WSSEND and AT+SYSMFG with a longer payload get ERROR; count: bytes that still work',
    defaults: { count: 1_024 },
    minCount: 0,
    start: ({ rules }, { count }, run) =>
      rules.addMemory(
        (bytes) =>
          bytes <= count || !run.hit({ kind: 'command', point: 'command', line: rules.line }),
      ),
  }),
];

/** Runs `start`, which starts the device, with `count` random bytes of boot loader noise. */
function startWithNoise(rules: Rules, count: number, run: FaultCallbacks, start: () => void): void {
  const remove = rules.addBoot(() => {
    remove();
    return randomBytes(count, run.random);
  });
  start();
  remove();
}

/** Faults of the cable to the device. */
export const portFaults = [
  triggeredFault({
    name: 'unplug',
    group: 'port',
    description: 'the port goes away and comes back, as when a USB adapter is pulled out',
    defaults: { duration: 2_000 },
    apply({ port, serialLine }) {
      const end = serialLine.unplugs.add(true);
      port?.unplug();
      return () => {
        end();
        if (serialLine.unplugs.newest === undefined) port?.plugIn();
      };
    },
  }),
];
