import type { LinkId } from '../../../driver/at/types';

/** Counts of deploys by the part of the flows that they changed; arrays by link. */
export interface Revision {
  readonly uri: readonly [number, number, number];
  readonly sender: readonly [number, number, number];
  readonly tab: readonly [number, number, number];
  readonly device: number;
}

export const firstRevision: Revision = {
  uri: [0, 0, 0],
  sender: [0, 0, 0],
  tab: [0, 0, 0],
  device: 0,
};

export const LINKS: readonly LinkId[] = [0, 1, 2];

/** Intervals of the inject nodes. */
const INTERVALS_S = { message: '0.8', request: '3', open: '3', close: '41', ask: '7', stall: '6' };

/** Flows with three links, one of them opened by message, and a function node that blocks the event loop. */
export function flowsOf(port: string, server: number, revision: Revision): object[] {
  return [
    {
      id: 'device',
      type: 'esp-at-device',
      settingsVersion: 1,
      name: `board ${revision.device}`,
      port,
      rate: '115200',
    },
    ...LINKS.flatMap((link) => tabOf(link, server, revision)),
    { id: 'host', type: 'tab', label: 'host' },
    inject('host', 'stall', INTERVALS_S.stall),
    func('host', 'stall', BLOCK_CODE, []),
    inject('host', 'ask', INTERVALS_S.ask),
    func('host', 'ask', `return global.get('soak').input({});`, ['status']),
    {
      id: 'status',
      type: 'ws-status',
      settingsVersion: 1,
      z: 'host',
      device: 'device',
      link: 'all',
      poll: '',
      wires: [['end-host']],
    },
    end('host'),
  ];
}

/** The code of a function node that blocks the event loop from a timer. */
const BLOCK_CODE = `const ms = global.get('soak').stallMs();
setTimeout(() => { const until = Date.now() + ms; while (Date.now() < until); }, 0);
return null;`;

function tabOf(link: LinkId, server: number, { uri, sender, tab }: Revision): object[] {
  const z = `tab${link}`;
  const common = { settingsVersion: 1, z, device: 'device', link: String(link) };
  const byMessage = link === 2;
  const address = `ws://127.0.0.1:${server}/${link}?v=${uri[link]}`;
  const output = link === 1 ? 'buffer' : 'auto';
  return [
    { id: z, type: 'tab', label: `link ${link}`, info: `revision ${tab[link]}` },
    {
      ...common,
      id: `open${link}`,
      type: 'ws-open',
      uri: address,
      keepOpen: !byMessage,
      replace: true,
      output,
      wires: [[`end-${z}`], [`end-${z}`]],
    },
    inject(z, `make${link}`, INTERVALS_S.message),
    func(z, `make${link}`, `// ${tab[link]}\nreturn global.get('soak').message(${link});`, [
      `send${link}`,
    ]),
    {
      ...common,
      id: `send${link}`,
      type: 'ws-send',
      name: `sender ${sender[link]}`,
      whenAway: link === 0 ? 'fail' : 'hold',
      holdSeconds: '20',
      wires: [[`end-${z}`]],
    },
    inject(z, `query${link}`, INTERVALS_S.request),
    func(z, `query${link}`, `return global.get('soak').request(${link});`, [`request${link}`]),
    {
      ...common,
      id: `request${link}`,
      type: 'ws-request',
      match: 'property',
      requestPath: 'id',
      timeout: '5000',
      replies: 'here',
      late: 'output',
      whenAway: 'hold',
      holdSeconds: '10',
      wires: [[`end-${z}`], [`end-${z}`]],
    },
    { id: `catch${link}`, type: 'catch', z, scope: null, wires: [[`end-${z}`]] },
    end(z),
    ...(byMessage ? openedByMessage(z, common) : []),
  ];
}

function openedByMessage(z: string, common: object): object[] {
  return [
    inject(z, 'opening', INTERVALS_S.open),
    func(z, 'opening', `return global.get('soak').input({});`, ['open2']),
    inject(z, 'closing', INTERVALS_S.close),
    func(z, 'closing', `return global.get('soak').input({});`, ['close2']),
    { ...common, id: 'close2', type: 'ws-close', wires: [[`end-${z}`]] },
  ];
}

/** An inject node for the function node of the same name. */
function inject(z: string, name: string, repeat: string): object {
  const props: object[] = [];
  return {
    id: `inject-${name}`,
    type: 'inject',
    z,
    props,
    repeat,
    once: true,
    onceDelay: '0.2',
    wires: [[`function-${name}`]],
  };
}

function func(z: string, name: string, code: string, to: readonly string[]): object {
  return { id: `function-${name}`, type: 'function', z, func: code, outputs: 1, wires: [to] };
}

/** A node that drops its messages. */
function end(z: string): object {
  return { id: `end-${z}`, type: 'function', z, func: 'return null;', outputs: 1, wires: [[]] };
}
