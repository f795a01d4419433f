import type { LinkId } from '../../../driver/at/types';
import { translateOr, type Translate } from '../message/translate';

/**
 * A status in no language yet: a text as it is, such as a host, or a key of the catalog with its values. The runtime
 * translates it to the server's language, and the editor to its own.
 */
export type StatusWords = LinkWords & ({ readonly text: string } | CatalogWords);

interface LinkWords {
  /** Comes first where a node uses several links. */
  readonly link?: LinkId;
}

interface CatalogWords {
  readonly key: string;
  readonly values?: Readonly<Record<string, number | StatusWords>>;
  /** Replaces the words where the catalog has no such key. */
  readonly otherwise?: StatusWords;
}

/** The words in the language of a catalog. */
export function statusText(translate: Translate, words: StatusWords): string {
  const link = words.link === undefined ? '' : `${words.link}: `;
  if ('text' in words) return link + words.text;
  const values = Object.fromEntries(
    Object.entries(words.values ?? {}).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : statusText(translate, value),
    ]),
  );
  const otherwise = words.otherwise ? statusText(translate, words.otherwise) : words.key;
  return link + translateOr(translate, words.key, otherwise, values);
}
