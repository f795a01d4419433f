import type { Fault, FaultSettings, FaultSite, Place, FaultCallbacks, Setting } from './fault';
import { onTrigger, triggerSettings } from './trigger';

type Kind = Pick<Fault, 'name' | 'group' | 'description'> & {
  readonly defaults?: FaultSettings;
  /** See {@link Fault.minCount}. */
  readonly minCount?: number;
};

/** A fault takes a count if it has a default count. */
const countOf = ({ count }: FaultSettings): readonly Setting[] =>
  count === undefined ? [] : ['count'];

/** A fault that applies at its trigger and ends at once. */
export function eventFault(
  kind: Kind & {
    readonly losesOutput?: boolean;
    apply(site: FaultSite, settings: FaultSettings, run: FaultCallbacks): Place | undefined;
  },
): Fault {
  const { name, group, description, defaults = {}, minCount = 1, losesOutput = false } = kind;
  return {
    name,
    group,
    description,
    defaults,
    minCount,
    lasting: false,
    takes: [...triggerSettings, ...countOf(defaults)],
    start: (site, settings, run) =>
      onTrigger(site, settings, run, {
        losesOutput,
        needsPower: group === 'device',
        apply: (place) => {
          run.hit(kind.apply(site, settings, run) ?? place);
          if (settings.chance === undefined) run.over();
        },
      }),
  };
}

/** A fault that begins at its trigger and ends after a duration. */
export function episodeFault(
  kind: Kind & {
    readonly defaults: FaultSettings & { readonly duration: number };
    readonly losesOutput?: boolean;
    /** Returns a function that ends it. */
    begin(site: FaultSite, settings: FaultSettings, run: FaultCallbacks): () => void;
  },
): Fault {
  const { name, group, description, defaults, minCount = 1, losesOutput = false } = kind;
  return {
    name,
    group,
    description,
    defaults,
    minCount,
    lasting: false,
    takes: [...triggerSettings, 'duration', ...countOf(defaults)],
    start: (site, settings, run) => {
      let end: (() => void) | undefined;
      const finish = () => {
        end?.();
        end = undefined;
      };
      const cancel = onTrigger(site, settings, run, {
        losesOutput,
        needsPower: group === 'device',
        apply: (place) => {
          if (end) return;
          run.hit(place);
          const undo = kind.begin(site, settings, run);
          const stop = site.clock.after(settings.duration ?? defaults.duration, () => {
            finish();
            if (settings.chance === undefined) run.over();
          });
          end = () => {
            stop();
            undo();
          };
        },
      });
      return () => {
        cancel();
        finish();
      };
    },
  };
}
