import type { Fault } from '../fault';

/** Longer than the firmware's 10 s limit for the rest of a frame. */
const DEFAULT_STALL_MS = 12_000;
/** Shorter chunks may be no more than a frame's header. */
const MIN_FRAME_BYTES = 8;

export const frameStalled: Fault = {
  name: 'frame-stalled',
  group: 'network',
  description: 'a server sends half of a frame, the rest a while later',
  takes: ['delay', 'chance', 'duration'],
  defaults: { duration: DEFAULT_STALL_MS },
  lasting: false,
  start({ network, clock }, { delay, chance, duration = DEFAULT_STALL_MS }, run) {
    let stops: (() => void)[] = [];
    const begin = () => {
      const remove = network.cutData((length) => {
        if (length < MIN_FRAME_BYTES) return undefined;
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
        run.hit({ kind: 'network', count: 1 });
        return Math.floor(length / 2);
      });
      stops.push(remove);
    };
    if (delay === undefined) begin();
    else stops.push(clock.after(delay, begin));
    return () => {
      for (const stop of stops) stop();
    };
  },
};
