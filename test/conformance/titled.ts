import type { Action, TimedAction } from './actions';

/** Which of a step's acts are told in its title and have not been done yet. */
export class Titled {
  readonly #actions: TimedAction[];

  constructor(actions: readonly TimedAction[]) {
    this.#actions = [...actions];
  }

  get all(): readonly TimedAction[] {
    return this.#actions;
  }

  /** The first of a kind, left where it is. */
  first<Kind extends Action['kind']>(kind: Kind): Extract<Action, { kind: Kind }> | undefined {
    return this.#actions.map(({ action }) => action).find((action) => isA(action, kind));
  }

  /** Takes the first of a kind out. */
  take<Kind extends Action['kind']>(kind: Kind): Extract<Action, { kind: Kind }> | undefined {
    const action = this.first(kind);
    if (action) this.drop(action);
    return action;
  }

  /** Takes out whatever fits. */
  takeAll(fits: (action: Action) => boolean): Action[] {
    const taken = this.#actions.map(({ action }) => action).filter(fits);
    for (const action of taken) this.drop(action);
    return taken;
  }

  /** Takes out this one. */
  drop(action: Action): void {
    const index = this.#actions.findIndex((timed) => timed.action === action);
    if (index >= 0) this.#actions.splice(index, 1);
  }
}

function isA<Kind extends Action['kind']>(
  action: Action,
  kind: Kind,
): action is Extract<Action, { kind: Kind }> {
  return action.kind === kind;
}
