import type { FirmwareClass } from '../../../simulator';
import type { ExhaustiveHarness, HarnessScript } from './exhaustive-harness';

/** A short scenario, which runs once for every fault at every place. */
export interface Script extends HarnessScript {
  readonly name: string;
  /** Takes every Nth place of a script with tens of thousands of similar bytes. Default 1. */
  readonly every?: number;
  /** Set-up, without faults. */
  readonly setUp?: (harness: ExhaustiveHarness) => Promise<void>;
  readonly run: (harness: ExhaustiveHarness) => Promise<void>;
}

/** Within this time the driver raises the baud rate to 3,000,000. */
const CLIMB_MS = 2500;

const up = (harness: ExhaustiveHarness): Promise<void> => harness.ready();

const opened = async (harness: ExhaustiveHarness): Promise<void> => {
  await harness.ready();
  await harness.open(0);
};

const both: readonly FirmwareClass[] = ['C', 'D'];

/** The script on each of these firmware classes. */
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
  ...on(both, { name: 'initialize', run: up }),
  ...on(both, { name: 'open', setUp: up, run: (harness) => harness.open(0) }),
  ...on(['C'], {
    name: 'open-with-headers',
    setUp: up,
    run: (harness) =>
      harness.open(0, {
        subprotocol: 'chat',
        authorization: 'Bearer x,y',
        headers: [{ name: 'X-A', value: 'b' }],
      }),
  }),
  ...on(both, {
    name: 'send',
    setUp: opened,
    run: async (harness) => {
      await Promise.all([harness.send(0, 'one', { opcode: 2 }), harness.send(0, '\r\nOK\r\n>')]);
    },
  }),
  ...on(both, {
    name: 'send-commands',
    setUp: opened,
    run: async (harness) => {
      await harness.send(0, 'AT+CIPSTA?\r\n');
      await harness.send(0, '\r\nAT+CIPSTA?\r\n\r\nAT+CWHOSTNAME?\r\n', { opcode: 2 });
    },
  }),
  ...on(['D'], {
    name: 'send-fragments',
    setUp: opened,
    run: async (harness) => {
      await harness.send(0, 'first', { fin: false });
      await harness.send(0, 'last', { opcode: 0 });
      await harness.send(0, 'next');
    },
  }),
  ...on(both, {
    name: 'receive',
    setUp: opened,
    run: async (harness) => {
      harness.serve(0, 'hello');
      harness.serve(0, '\r\n>', 2);
      await harness.advance(20);
      harness.serve(0, '+WS_CLOSED:0\r\n');
      await harness.advance(20);
    },
  }),
  ...on(['A', 'B'], {
    name: 'life',
    setUp: up,
    run: async (harness) => {
      await harness.open(0);
      const sending = harness.send(0, 'out');
      harness.serve(0, 'in');
      await sending;
      await harness.advance(20);
      await harness.close(0);
    },
  }),
  ...on(both, {
    name: 'reconnect',
    setUp: opened,
    run: async (harness) => {
      harness.connection(0)?.reset();
      await harness.advance(12_000);
      harness.serve(0, 'again');
      await harness.send(0, 'as before');
    },
  }),
  ...on(both, {
    name: 'closed-by-server',
    setUp: opened,
    run: async (harness) => {
      harness.connection(0)?.close(1001);
      await harness.advance(2000);
      harness.serve(0, 'anew');
      await harness.send(0, 'as before');
    },
  }),
  ...on(both, {
    name: 'both-ways',
    setUp: opened,
    run: async (harness) => {
      harness.serve(0, 'in one');
      await harness.send(0, 'out one');
      const sending = harness.send(0, 'out two');
      harness.serve(0, 'in two');
      await sending;
      await harness.advance(20);
    },
  }),
  ...on(['D'], {
    name: 'two-links',
    setUp: async (harness) => {
      await opened(harness);
      await harness.open(1);
    },
    run: async (harness) => {
      harness.serve(1, 'to one');
      await Promise.all([harness.send(0, 'from zero'), harness.send(1, 'from one')]);
      harness.serve(0, 'to zero');
      await harness.advance(20);
    },
  }),
  ...on(both, { name: 'query', setUp: opened, run: (harness) => harness.query() }),
  ...on(both, { name: 'close', setUp: opened, run: (harness) => harness.close(0) }),
  ...on(['D'], {
    name: 'climb',
    climbs: true,
    every: 499,
    run: async (harness) => {
      await harness.ready();
      await harness.advance(CLIMB_MS);
    },
  }),
  ...on(['C'], {
    name: 'close-at-once',
    setUp: opened,
    run: (harness) => harness.close(0, { graceful: false }),
  }),
  // At the end, so that a stride takes the same runs of the scripts above as before.
  ...on(both, {
    name: 'greeting',
    setUp: async (harness) => {
      harness.greet(0);
      await harness.ready();
    },
    run: (harness) => harness.open(0),
  }),
  ...on(both, {
    name: 'close-while-sending',
    setUp: opened,
    run: async (harness) => {
      const sends = [harness.send(0, 'one', { opcode: 2 }), harness.send(0, 'two')];
      await Promise.all([...sends, harness.close(0)]);
    },
  }),
  ...on(['D'], {
    name: 'open-while-sending',
    setUp: opened,
    run: async (harness) => {
      await Promise.all([harness.send(0, 'one'), harness.open(1), harness.send(0, 'two')]);
      await harness.send(1, 'three');
    },
  }),
  ...on(['C'], {
    name: 'reopen',
    setUp: opened,
    run: async (harness) => {
      await Promise.all([harness.close(0), harness.open(0)]);
      await harness.send(0, 'anew');
    },
  }),
];

/** @throws Error for a name that no script has */
export function scriptNamed(name: string): Script {
  const found = scripts.find((script) => script.name === name);
  if (found) return found;
  const names = scripts.map((script) => script.name).join(', ');
  throw new Error(`there is no script "${name}"; there are: ${names}`);
}
