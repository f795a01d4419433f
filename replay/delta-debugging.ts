/**
 * Returns the shortest list it finds that still passes, by leaving out parts of it, larger ones first (ddmin). No single
 * element of the result can be left out.
 * @param passes whether a shorter list still shows what it has to
 */
export async function shortest<T>(
  elements: readonly T[],
  passes: (shorter: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let current = elements;
  for (let size = Math.ceil(current.length / 2); size >= 1;) {
    let isShorter = false;
    for (let start = 0; start < current.length;) {
      const shorter = [...current.slice(0, start), ...current.slice(start + size)];
      if (await passes(shorter)) {
        current = shorter;
        isShorter = true;
      } else start += size;
    }
    // Another part may have become needless.
    if (size === 1 && !isShorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return current;
}
