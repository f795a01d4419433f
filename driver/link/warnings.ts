import type { LinkId } from '../at/types';
import type { Capabilities } from '../device/options';
import { EspAtError } from '../errors';
import type { Goal } from './state/link-state';
import { unverifiedReason } from './options';

/** Finds the warnings about the connections of a link, and does not repeat them for the next one of the same owner. */
export class ConnectionWarnings {
  readonly #link: LinkId;
  /** Keys of the warnings about the last connection. */
  #last = new Set<string>();

  constructor(link: LinkId) {
    this.#link = link;
  }

  /** Returns the warnings about a new connection, without those about the last one of the same owner. */
  next(goal: Goal, capabilities: Capabilities): readonly EspAtError[] {
    const before = this.#last;
    const warnings = warningsOf(this.#link, goal, capabilities);
    const keyOf = ({ code, details }: EspAtError) =>
      JSON.stringify([code, details, goal.options.owner]);
    this.#last = new Set(warnings.map(keyOf));
    return warnings.filter((warning) => !before.has(keyOf(warning)));
  }
}

function warningsOf(link: LinkId, { options, uri }: Goal, capabilities: Capabilities) {
  const warnings: EspAtError[] = [];
  const reason = unverifiedReason(options, capabilities);
  if (reason !== undefined) warnings.push(new EspAtError('SERVER_NOT_VERIFIED', { link, reason }));
  if (capabilities.firstMessage === 'lost')
    warnings.push(new EspAtError('FIRST_MESSAGE_AT_RISK', { link, uri }));
  return warnings;
}
