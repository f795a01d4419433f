import { unescape } from '../../conformance/escapes';
import { OWN_TRANSCRIPTS, readTranscripts } from '../../conformance/files';

/** What devices said in the project's own recordings, exchange by exchange. */
export function recordedSpeech(): Buffer[] {
  return readTranscripts([OWN_TRANSCRIPTS])
    .flatMap(({ sections }) => sections.flatMap(({ items }) => items))
    .flatMap((item) => {
      if (item.kind !== 'exchange') return [];
      const said = item.lines.filter(
        ({ actor, text }) => actor === 'device' && !text.includes('…'),
      );
      return said.length === 0 ? [] : [Buffer.concat(said.map(({ text }) => unescape(text)))];
    });
}

/** The inverse of {@link recordedSpeech}'s escapes, for a shell's single quotes. */
export { escape as shown, unescape as meant } from '../../conformance/escapes';
