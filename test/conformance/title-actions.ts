import type { TimedAction } from './actions';
import { isObservation } from './observation';
import { readActions } from './wording';

/**
 * What a title says that is to be done. In a step of the host's, only clauses that name who acts are taken for actions.
 *
 * @param mute nothing comes of it, so that any payload will do
 */
export function titleActions(title: string, hasHostLines: boolean, mute: boolean): TimedAction[] {
  if (!hasHostLines) return isObservation(title) ? [] : [...(readActions(title, mute) ?? [])];
  const subject =
    /\b(?:server|peer|host (?:stops|does|pauses)|access point|wi-?fi|AP|router|cable|power|black ?hole|certificate|half (?:of )?an? \w*\s?(?:frame|message)|half-sent|stalled frame)\b/i;
  return title.split(/;|,/).flatMap((clause) => {
    if (!subject.test(clause) || isObservation(clause)) return [];
    const kept = (readActions(clause) ?? []).filter(({ action }) => action.kind !== 'frames');
    return kept;
  });
}
