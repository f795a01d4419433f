import type { LinkId } from '../at/types';
import type { Capabilities } from '../device/options';
import { EspAtError } from '../errors';
import type { Goal } from './state/link-state';
import { unverifiedReason } from './options';

/** The warnings about the connections of a link. Each is given to an owner once, until another takes its place. */
export class ConnectionWarnings {
  readonly #link: LinkId;
  #given = new Set<string>();

  constructor(link: LinkId) {
    this.#link = link;
  }

  /** The warnings about a new connection that its link has not given yet. */
  next(goal: Goal, capabilities: Capabilities): readonly EspAtError[] {
    const before = this.#given;
    const warnings = warningsOf(this.#link, goal, capabilities);
    const keyOf = ({ code, details }: EspAtError) =>
      JSON.stringify([code, details, goal.options.owner]);
    this.#given = new Set(warnings.map(keyOf));
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
