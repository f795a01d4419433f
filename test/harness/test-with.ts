import { it } from 'node:test';

/** Returns an `it` whose tests each get a harness of their own, which ends with the test. */
export function testWith<H extends object>(make: () => H | Promise<H>) {
  return (title: string, run: (harness: H) => void | Promise<void>) =>
    it(title, async () => {
      const harness: H & Partial<AsyncDisposable> = await make();
      try {
        await run(harness);
      } finally {
        await harness[Symbol.asyncDispose]?.();
      }
    });
}
