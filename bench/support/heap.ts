import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Bytes that are in use once everything that is not has been given back: objects, and memory of buffers. */
export function heap(): { readonly objects: number; readonly buffers: number } {
  // Twice: what had to be finalised goes with the second.
  for (let time = 0; time < 2; time++) runInNewContext('gc()');
  const { heapUsed, external } = process.memoryUsage();
  return { objects: heapUsed, buffers: external };
}
