import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

/** How many of these objects are still in memory. */
export function keptOf(objects: readonly WeakRef<object>[]): number {
  collectGarbage();
  return objects.filter((each) => each.deref() !== undefined).length;
}
