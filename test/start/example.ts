import assert from 'node:assert/strict';
import { examples, type Json } from '../package/project';
import { idOf, type Demo } from './demo';

/**
 * An example in a running demo. Its methods find nodes by name.
 * @param start how the name of the example's file begins
 */
export function exampleIn(demo: Demo, start: string) {
  const flow = flowOf(start);
  const debug = (name: string) => demo.shownBy(idOf(flow, 'debug', name));
  return {
    press: (name: string) => demo.press(idOf(flow, 'inject', name)),
    /** What a debug node showed. */
    debug,
    /** Waits until a debug node has shown a text that fits. */
    shows: (name: string, text: string | RegExp) =>
      demo.until(
        () => debug(name).some((msg) => (typeof text === 'string' ? msg === text : text.test(msg))),
        `${name}: ${String(text)}`,
      ),
    statusOf: (type: string, name: string) => demo.statusOf(idOf(flow, type, name)),
  };
}

/** The nodes of the only example whose file name begins so. */
export function flowOf(start: string): readonly Json[] {
  const [first, ...more] = [...examples()].filter(([path]) => path.startsWith(`examples/${start}`));
  assert.ok(first && more.length === 0, `not one example starts with "${start}"`);
  return first[1];
}
