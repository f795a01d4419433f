import { asObjects, filesIn, text, type Json } from '../../package/project';

/** The saved flows of a version of this package, by file name: its examples, and a flow with every setting. */
export function savedFlows(version: string): ReadonlyMap<string, readonly Json[]> {
  const folder = `test/nodes/saved-flows/${version}/`;
  return new Map(
    filesIn(folder).map((path) => [
      path.slice(folder.length).replace('.json', ''),
      asObjects(JSON.parse(text(path)), path),
    ]),
  );
}

/** Whether a node is one of this package. */
export const isOwn = ({ type }: Json): boolean => /^(esp-at-device|ws-\w+)$/.test(String(type));
