import type { Fault, FaultCallbacks, FaultSettings, FaultSite, Place, Setting } from './fault';
import { onTrigger, triggerSettings } from './trigger';

/** Settings, in which those with a default are present. */
export type WithDefaults<D extends FaultSettings> = FaultSettings &
  Required<Pick<FaultSettings, keyof D & Setting>>;

/** A fault whose settings have defaults. */
export function fault<const D extends FaultSettings>(
  kind: Omit<Fault, 'defaults' | 'start'> & {
    readonly defaults: D;
    /** Starts the fault. Returns a function that ends it and its lasting effect. */
    start(site: FaultSite, settings: WithDefaults<D>, run: FaultCallbacks): () => void;
  },
): Fault {
  return kind;
}

type Kind<D extends FaultSettings> = Pick<Fault, 'name' | 'group' | 'description' | 'minCount'> & {
  readonly defaults: D;
};

/** The settings beside those of a trigger that a fault takes: those with a default. */
const ownSettings = (defaults: FaultSettings): readonly Setting[] =>
  (['duration', 'count'] as const).filter((setting) => setting in defaults);

/** A fault that applies at its trigger, and then lasts for its duration, if it has one. */
export function triggeredFault<const D extends FaultSettings>({
  place,
  apply,
  losesOutput = false,
  ...kind
}: Kind<D> & {
  /**
   * Whether the fault drops the output that has not left, where it applies at once or after a count of bytes. At a point
   * of a command that is up to `apply`: a freeze and a power cut drop the output, a restart does so only on a paced line.
   * Default false.
   */
  readonly losesOutput?: boolean;
  /** Where it applies; default: at its trigger. */
  readonly place?: (site: FaultSite) => Place;
  /**
   * Applies the fault. Returns a function that ends its effect; undefined: it has ended.
   *
   * @param end ends this application before its duration, and the fault unless it has a chance; call it only after `apply` has
   *   returned its function
   */
  readonly apply: (
    site: FaultSite,
    settings: WithDefaults<D>,
    run: FaultCallbacks,
    end: () => void,
  ) => (() => void) | undefined;
}): Fault {
  return fault({
    ...kind,
    lasting: false,
    takes: [...triggerSettings, ...ownSettings(kind.defaults)],
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
      const cancel = onTrigger(site, settings, run, {
        needsPower: kind.group === 'device',
        apply: (trigger) => {
          if (undo || !run.hit(place?.(site) ?? trigger)) return;
          if (losesOutput && trigger.kind !== 'command') site.serialLine.discard();
          const stop = apply(site, settings, run, end);
          if (!stop) {
            end();
            return;
          }
          const { duration } = settings;
          const cancelEnd = duration === undefined ? undefined : site.clock.after(duration, end);
          undo = () => {
            cancelEnd?.();
            stop();
          };
        },
      });
      return () => {
        cancel();
        finish();
      };
    },
  });
}

/** A fault that begins at once and lasts until it is ended. It takes the settings that have a default. */
export function lastingFault<const D extends FaultSettings>(
  kind: Kind<D> & {
    /** Returns a function that ends it. */
    start(site: FaultSite, settings: WithDefaults<D>, run: FaultCallbacks): () => void;
  },
): Fault {
  return fault({ ...kind, takes: ownSettings(kind.defaults), lasting: true });
}
