import type { Fault, FaultCallbacks, FaultSettings, FaultSite, Place, Setting } from './fault';
import { onTrigger, triggerSettings } from './trigger';

type Kind<D extends FaultSettings> = Pick<Fault, 'name' | 'group' | 'description' | 'minCount'> & {
  readonly defaults: D;
};

/** Settings of a fault, with those that have a default. */
type Given<D extends FaultSettings> = FaultSettings &
  Required<Pick<FaultSettings, keyof D & Setting>>;

/** A fault that applies at its trigger, and then lasts for its duration, if it has one. */
export function triggeredFault<const D extends FaultSettings>(
  kind: Kind<D> & {
    /** Whether it drops the device's pending output, unless it applies at a point of a command. */
    readonly losesOutput?: boolean;
    /** Where it applies; default: at its trigger. */
    place?(site: FaultSite): Place;
    /**
     * Applies the fault. Returns a function that ends its effect; undefined: it has ended.
     *
     * @param end ends the fault; the fault calls it unless it has a duration
     */
    apply(
      site: FaultSite,
      settings: Given<D>,
      run: FaultCallbacks,
      end: () => void,
    ): (() => void) | undefined;
  },
): Fault {
  const { name, group, description, defaults, minCount = 1, losesOutput = false } = kind;
  const own = (['duration', 'count'] as const).filter((setting) => setting in defaults);
  return {
    name,
    group,
    description,
    defaults,
    minCount,
    lasting: false,
    takes: [...triggerSettings, ...own],
    start: (site, settings, run) => {
      let undo: (() => void) | undefined;
      const finish = () => {
        const stop = undo;
        undo = undefined;
        stop?.();
      };
      const end = () => {
        finish();
        if (settings.chance === undefined) run.over();
      };
      const apply = (trigger: Place) => {
        if (undo) return;
        run.hit(kind.place?.(site) ?? trigger);
        const stop = kind.apply(site, settings as Given<D>, run, end);
        if (!stop) {
          end();
          return;
        }
        const { duration } = settings;
        const cancel = duration === undefined ? undefined : site.clock.after(duration, end);
        undo = () => {
          cancel?.();
          stop();
        };
      };
      const cancel = onTrigger(site, settings, run, {
        losesOutput,
        needsPower: group === 'device',
        apply,
      });
      return () => {
        cancel();
        finish();
      };
    },
  };
}

/** A fault that begins at once and lasts until it is ended. It takes the settings that have a default. */
export function lastingFault<const D extends FaultSettings>(
  kind: Kind<D> & {
    /** Returns a function that ends it. */
    start(site: FaultSite, settings: Given<D>, run: FaultCallbacks): () => void;
  },
): Fault {
  return {
    ...kind,
    takes: (['duration', 'count'] as const).filter((setting) => setting in kind.defaults),
    lasting: true,
    start: (site, settings, run) => kind.start(site, settings as Given<D>, run),
  };
}
