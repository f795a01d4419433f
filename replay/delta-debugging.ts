/**
 * Shortens a list as long as the rest passes: leaves out parts, the larger ones first (ddmin). No single element of the
 * result can be left out, unless `maxTries` ended the search.
 * @param passes whether a shorter list is good enough
 * @param maxTries limit of the calls of `passes`
 */
export async function shortest<T>(
  elements: readonly T[],
  passes: (shorter: readonly T[]) => Promise<boolean>,
  maxTries = Infinity,
): Promise<readonly T[]> {
  let current = elements;
  let tries = 0;
  for (let size = Math.ceil(current.length / 2); size >= 1;) {
    let isShorter = false;
    for (let start = 0; start < current.length && tries < maxTries; tries++) {
      const shorter = [...current.slice(0, start), ...current.slice(start + size)];
      if (await passes(shorter)) {
        current = shorter;
        isShorter = true;
      } else start += size;
    }
    // A shorter list may pass without another part, too.
    if (size === 1 && !isShorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return current;
}
