import { optionsOf, orMisuse, wholeNumber } from '../../harness/options/options';
import { whyNoPty } from '../../harness/port/pty';
import { Soak } from './soak';

const usage = `npm run soak -- [options]

  --minutes N     duration of faults, stalls and deploys (default 60; 0.5 is half a minute)
  --seed S        seed of traffic, faults and deploys (default: from the clock)
  --verbose       prints every fault and deploy, and what Node-RED prints

A real Node-RED on a real pty sends and receives over three links of a simulated ESP32 (class D, whose messages arrive
whole) at 115200 bit/s, with a real WebSocket server. Prints a line a minute. The exit code is 1 when a message is not accounted for, an input did not end
once, a link did not come back, or memory, handles, listeners or the delay of the event loop grow.`;

async function main(): Promise<void> {
  const { values } = optionsOf(usage, {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    verbose: { type: 'boolean', default: false },
  });
  const minutes = orMisuse(() => {
    const number = Number(values.minutes);
    if (!(number > 0)) throw new Error(`--minutes ${values.minutes} is no number above 0`);
    return number;
  });
  const seed = wholeNumber('seed', values.seed);
  const reason = whyNoPty();
  if (reason !== undefined) throw new Error(reason);
  console.log(`seed ${seed}, ${minutes} min`);
  const soak = new Soak({
    seed,
    minutes,
    verbose: values.verbose,
    print: console.log,
  });
  const violations = await soak.run();
  console.log(`${violations.length} violations`);
  if (violations.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
