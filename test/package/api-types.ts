// The types of the public API. `npm run typecheck` compiles this file; nothing runs it. A line below `@ts-expect-error`
// that compiles fails the typecheck.
import {
  Device,
  EspAtError,
  portAt,
  type Capabilities,
  type DeviceStateName,
  type ErrorCode,
  type LinkChangeCause,
  type LinkStateName,
  type LinkStateNumber,
  type LinkStatus,
  type WifiNetwork,
} from '../../driver';

type Proof<A, B> = [A, B] extends [B, A] ? [] : ['the types differ'];

const used: unknown[] = [];

/** Takes a value of exactly this type. */
function exactly<Expected>() {
  return <Actual>(value: Actual, ...proof: Proof<Expected, Actual>): void => {
    used.push(value, proof);
  };
}

export async function use(): Promise<void> {
  const port = portAt('/dev/ttyUSB0', { rate: 115_200 });
  await using device = new Device({ port, sendLimit: { messages: 10, bytes: 1000 } });
  const [link] = device.links;
  const { signal } = new AbortController();

  // Every wait takes a signal, and has a result of its own.
  exactly<Capabilities>()(await device.ready({ signal }));
  exactly<LinkStatus[]>()(await device.checkLinks({ signal }));
  await device.command('AT+GMR', { signal });
  exactly<WifiNetwork[]>()(await device.scanNetworks({ signal }));
  await link.open({ uri: 'ws://host/' }, { signal });
  await link.send('text', { holdMs: 1000, signal });
  await link.close({ code: 1000, signal });

  // Events carry what their names say.
  link.on('statechange', ({ from, to, stateNumber, cause, error }) => {
    exactly<LinkStateName>()(from);
    exactly<LinkStateName>()(to);
    exactly<LinkStateNumber>()(stateNumber);
    exactly<LinkChangeCause>()(cause);
    exactly<EspAtError | undefined>()(error);
  });
  link.on('message', ({ bytes }) => exactly<Buffer>()(bytes));
  link.on('retry', ({ retryInMs }) => exactly<number>()(retryInMs));
  device.on('statechange', ({ to }) => exactly<DeviceStateName>()(to));
  device.on('warning', ({ code }) => exactly<ErrorCode>()(code));

  // @ts-expect-error messages are events of a link
  device.on('message', () => undefined);
  // @ts-expect-error there is no such event
  link.on('gap', () => undefined);
  // @ts-expect-error a state is a name; the number is `stateNumber`
  link.state satisfies 2;
  // @ts-expect-error only the device changes its state
  device.state = { name: 'ready' };
  // @ts-expect-error a link needs a URI
  await link.open({});
  // @ts-expect-error times have their unit in the name
  await link.open({ uri: 'ws://host/', timeout: 1000 });
  // @ts-expect-error a device needs a port
  new Device({});
  // @ts-expect-error a device has three links
  used.push(device.links[3]);
  // @ts-expect-error codes are known
  new EspAtError('OUT_OF_STEP');
}
