import { it } from 'node:test';

/** Returns an `it` whose tests each get a harness of their own, which ends with the test. */
export function testWith<H extends AsyncDisposable>(make: () => H | Promise<H>) {
  return (title: string, run: (harness: H) => void | Promise<void>) =>
    it(title, async () => {
      await using harness = await make();
      await run(harness);
    });
}
