import { fault, lastingFault, triggeredFault } from '../builders';

/** `frame-stalled` cuts no shorter chunk: it may hold only a frame's header. */
const MIN_CUT_CHUNK_BYTES = 8;

const frameStalled = fault({
  name: 'frame-stalled',
  group: 'network',
  description: 'half of what a server sends at once arrives, the rest a while later',
  takes: ['delay', 'chance', 'duration'],
  // Longer than the firmware's 10 s limit for the rest of a frame.
  defaults: { duration: 12_000 },
  lasting: false,
  start({ network, clock }, { chance, duration }, run) {
    let stops: (() => void)[] = [];
    const remove = network.cutData((length) => {
      if (length < MIN_CUT_CHUNK_BYTES) return undefined;
      if (chance === undefined) remove();
      else if (run.random() >= chance) return undefined;
      const endSilence = network.silence();
      const cancel = clock.after(duration, () => {
        stops = stops.filter((stop) => stop !== both);
        endSilence();
        if (chance === undefined) run.over();
      });
      const both = () => {
        cancel();
        endSilence();
      };
      stops.push(both);
      return run.hit({ kind: 'network', count: 1 }) ? Math.floor(length / 2) : undefined;
    });
    stops.push(remove);
    return () => {
      for (const stop of stops) stop();
    };
  },
});

export const networkFaults = [
  lastingFault({
    name: 'segments-joined',
    group: 'network',
    description:
      "the 101 waits for the server's first data, and shares its segment; duration: at most how long",
    defaults: { duration: 20 },
    start({ network }, { duration }, run) {
      run.hit({ kind: 'time' });
      return network.joins.add({ joinMs: duration });
    },
  }),
  lastingFault({
    name: 'segments-split',
    group: 'network',
    description:
      'all that servers send comes in small segments; count: bytes of each, duration: time between them',
    // 16 bytes: splits every frame. 2 ms: lets a flood of messages pass.
    defaults: { duration: 2, count: 16 },
    start({ network }, { duration, count }, run) {
      run.hit({ kind: 'time' });
      return network.splits.add({ splitBytes: count, splitGapMs: duration });
    },
  }),
  triggeredFault({
    name: 'wifi-lost',
    group: 'network',
    description: 'Wi-Fi goes out of reach and comes back',
    defaults: { duration: 3_000 },
    apply: ({ device }) => device.interruptWifi(),
  }),
  triggeredFault({
    name: 'black-hole',
    group: 'network',
    description: 'every packet vanishes though Wi-Fi is there',
    defaults: { duration: 30_000 },
    apply: ({ device }) => device.dropPackets(),
  }),
  lastingFault({
    name: 'server-slow',
    group: 'network',
    description: 'everything from a server comes late; duration: by how much',
    defaults: { duration: 1_000 },
    start({ network }, { duration }, run) {
      run.hit({ kind: 'time' });
      return network.delays.add(duration);
    },
  }),
  triggeredFault({
    name: 'server-silent',
    group: 'network',
    description: 'servers neither read nor answer for a while; connections stay',
    defaults: { duration: 20_000 },
    apply: ({ network }) => network.silence(),
  }),
  triggeredFault({
    name: 'server-reset',
    group: 'network',
    description: 'servers reset their connections',
    defaults: {},
    place: ({ network }) => ({ kind: 'network', count: network.connectionCount }),
    apply({ network }) {
      network.reset();
      return undefined;
    },
  }),
  triggeredFault({
    name: 'server-refuse',
    group: 'network',
    description: 'servers are down: connections are reset, attempts refused for a while',
    defaults: { duration: 10_000 },
    apply({ network }) {
      const accept = network.refusals.add(true);
      network.reset();
      return accept;
    },
  }),
  frameStalled,
];
