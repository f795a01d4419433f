import type { Fault, FaultSettings, FaultSite, Place, Run } from './fault';
import { onTrigger, triggerSettings } from './trigger';

type Kind = Pick<Fault, 'name' | 'group' | 'description'> & {
  readonly defaults?: FaultSettings;
};

/** A fault that applies at its trigger and ends at once. */
export function event(
  kind: Kind & {
    readonly takesCount?: boolean;
    readonly loses?: boolean;
    happen(site: FaultSite, settings: FaultSettings, run: Run): Place | undefined;
  },
): Fault {
  const { name, group, description, defaults = {}, takesCount = false, loses = false } = kind;
  return {
    ...{ name, group, description, defaults, lasting: false },
    takes: [...triggerSettings, ...(takesCount ? (['count'] as const) : [])],
    start: (site, settings, run) =>
      onTrigger(site, settings, run, {
        loses,
        happen: (place) => {
          run.hit(kind.happen(site, settings, run) ?? place);
          if (settings.chance === undefined) run.over();
        },
      }),
  };
}

/** A fault that begins at its trigger and ends after a duration. */
export function episode(
  kind: Kind & {
    readonly defaults: FaultSettings & { readonly duration: number };
    readonly takesCount?: boolean;
    readonly loses?: boolean;
    /** Returns what ends it. */
    begin(site: FaultSite, settings: FaultSettings, run: Run): () => void;
  },
): Fault {
  const { name, group, description, defaults, takesCount = false, loses = false } = kind;
  return {
    ...{ name, group, description, defaults, lasting: false },
    takes: [...triggerSettings, 'duration', ...(takesCount ? (['count'] as const) : [])],
    start: (site, settings, run) => {
      let end: (() => void) | undefined;
      const finish = () => {
        end?.();
        end = undefined;
      };
      const cancel = onTrigger(site, settings, run, {
        loses,
        happen: (place) => {
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
