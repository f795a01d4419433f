import type { FirmwareClass } from '../../../simulator';
import type { SmallWorld } from './small-world';

/** A short piece of life, to be lived once for every fault that can befall it. */
export interface Script {
  readonly name: string;
  readonly firmware: FirmwareClass;
  /** Whether bytes take their time on the line; otherwise they take none. */
  readonly paced?: boolean;
  /** What has to be so before; no fault strikes here. */
  readonly before?: (world: SmallWorld) => Promise<void>;
  readonly act: (world: SmallWorld) => Promise<void>;
}

const up = (world: SmallWorld): Promise<void> => world.ready();

const opened = async (world: SmallWorld): Promise<void> => {
  await world.ready();
  await world.open(0);
};

const both: readonly FirmwareClass[] = ['C', 'D'];

/** On firmware of each of these classes. */
function on(
  classes: readonly FirmwareClass[],
  script: Omit<Script, 'firmware' | 'name'> & { readonly name: string },
): Script[] {
  return classes.map((firmware) => ({
    ...script,
    firmware,
    name: `${script.name}-${firmware.toLowerCase()}`,
  }));
}

export const scripts: readonly Script[] = [
  ...on(both, { name: 'bring-up', act: up }),
  ...on(both, { name: 'open', before: up, act: (world) => world.open(0) }),
  ...on(['C'], {
    name: 'open-with-headers',
    before: up,
    act: (world) =>
      world.open(0, {
        subprotocol: 'chat',
        authorization: 'Bearer x,y',
        headers: [{ name: 'X-A', value: 'b' }],
      }),
  }),
  ...on(both, {
    name: 'send',
    before: opened,
    act: async (world) => {
      await Promise.all([world.send(0, 'one', { opcode: 2 }), world.send(0, '\r\nOK\r\n>')]);
    },
  }),
  ...on(both, {
    name: 'send-commands',
    before: opened,
    act: async (world) => {
      await world.send(0, 'AT+CIPSTA?\r\n');
      await world.send(0, '\r\nAT+CIPSTA?\r\n\r\nAT+CWHOSTNAME?\r\n', { opcode: 2 });
    },
  }),
  ...on(['D'], {
    name: 'send-fragments',
    before: opened,
    act: async (world) => {
      await world.send(0, 'first', { fin: false });
      await world.send(0, 'last', { opcode: 0 });
      await world.send(0, 'next');
    },
  }),
  ...on(both, {
    name: 'receive',
    before: opened,
    act: async (world) => {
      world.serve(0, 'hello');
      world.serve(0, '\r\n>', 2);
      await world.pass(20);
      world.serve(0, '+WS_CLOSED:0\r\n');
      await world.pass(20);
    },
  }),
  ...on(['A', 'B'], {
    name: 'life',
    before: up,
    act: async (world) => {
      await world.open(0);
      const sending = world.send(0, 'out');
      world.serve(0, 'in');
      await sending;
      await world.pass(20);
      await world.close(0);
    },
  }),
  ...on(both, {
    name: 'reconnect',
    before: opened,
    act: async (world) => {
      world.connection(0)?.reset();
      await world.pass(12_000);
      world.serve(0, 'again');
      await world.send(0, 'as before');
    },
  }),
  ...on(both, {
    name: 'closed-by-server',
    before: opened,
    act: async (world) => {
      world.connection(0)?.close(1001);
      await world.pass(2000);
      world.serve(0, 'anew');
      await world.send(0, 'as before');
    },
  }),
  ...on(both, {
    name: 'both-ways',
    before: opened,
    act: async (world) => {
      world.serve(0, 'in one');
      await world.send(0, 'out one');
      const sending = world.send(0, 'out two');
      world.serve(0, 'in two');
      await sending;
      await world.pass(20);
    },
  }),
  ...on(['D'], {
    name: 'two-links',
    before: async (world) => {
      await opened(world);
      await world.open(1);
    },
    act: async (world) => {
      world.serve(1, 'to one');
      await Promise.all([world.send(0, 'from zero'), world.send(1, 'from one')]);
      world.serve(0, 'to zero');
      await world.pass(20);
    },
  }),
  ...on(both, { name: 'query', before: opened, act: (world) => world.query() }),
  ...on(both, { name: 'close', before: opened, act: (world) => world.close(0) }),
  ...on(['C'], {
    name: 'close-at-once',
    before: opened,
    act: (world) => world.close(0, { graceful: false }),
  }),
];

/** @throws Error for a name that no script has */
export function scriptNamed(name: string): Script {
  const found = scripts.find((script) => script.name === name);
  if (found) return found;
  const names = scripts.map((script) => script.name).join(', ');
  throw new Error(`there is no script "${name}"; there are: ${names}`);
}
