import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Bytes in use after a garbage collection: by objects, and by buffers. */
export function heap(): { readonly objects: number; readonly buffers: number } {
  // Twice: the second collection frees objects that had a finalizer.
  for (let time = 0; time < 2; time++) runInNewContext('gc()');
  const { heapUsed, external } = process.memoryUsage();
  return { objects: heapUsed, buffers: external };
}
