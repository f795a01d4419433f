import { parseFault, type Hit } from '../../../simulator/faults';
import { onDeviceEvents, onLinkEvents } from '../../harness/event-log';
import { firmwareNamed, optionsOf, orMisuse, wholeNumber } from '../../harness/options/options';
import type { FaultEpisode } from './fault-episode';
import { FaultRun } from './fault-run';
import { InvariantChecker } from './invariants/invariant-checker';
import { PORT_BUSY } from './fault-schedule';
import { Summary } from './summary';
import { VirtualHarness } from './virtual-harness';

const usage = `npm run faults -- [options]

  --seed S        seed of all random numbers (default 1); equal seeds repeat a run exactly
  --messages N    ends after N messages, both ways together (default 2000)
  --faults N      ends after N faults instead, two at once counting as one; more than 250 take several runs with seeds 1000 apart
  --fault F       only this fault: a name, or a name with settings (lose=to-device,@12); may be repeated
  --class C       firmware A, B, C or D (default D)
  --paced         bytes take their time, as at 115200 bits a second
  --cuts          the output of the device comes in random chunks
  --host-stalls   blocks the host's event loop for 0.1 to 30 s at random
  --verbose       prints every fault after its end
  --trace A-B     prints the bytes on the line from A to B milliseconds

The exit code is 1 when an invariant is violated.`;

async function main(): Promise<void> {
  const { values } = optionsOf(usage, {
    seed: { type: 'string', default: '1' },
    messages: { type: 'string', default: '2000' },
    faults: { type: 'string' },
    fault: { type: 'string', multiple: true, default: [] },
    class: { type: 'string', default: 'D' },
    paced: { type: 'boolean', default: false },
    cuts: { type: 'boolean', default: false },
    'host-stalls': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    trace: { type: 'string' },
  });
  const { fault, paced, cuts } = values;
  orMisuse(() => fault.filter((each) => each !== PORT_BUSY).forEach(parseFault));
  const firmware = firmwareNamed(values.class);
  const started = performance.now();
  const summary = new Summary();
  let virtualMs = 0;
  const batches = batchesOf(values);
  for (const batch of batches) {
    const { seed } = batch;
    const harness = new VirtualHarness({ firmware, seed, paced, cuts });
    if (values.trace !== undefined) trace(harness, values.trace);
    const run = new FaultRun(harness, {
      ...batch,
      only: fault,
      hostStalls: values['host-stalls'],
      ...(values.verbose && { progress: print }),
    });
    await complete(harness, run, summary, batches.length > 1 ? `seed ${seed}: ` : '');
    virtualMs += harness.clock.now();
  }
  console.log(String(summary));
  const took = (performance.now() - started) / 1000;
  console.log(`\n${took.toFixed(1)} s for ${(virtualMs / 60_000).toFixed(0)} min`);
  if (summary.violations === 0) return;
  const again =
    batches.length > 1 ? ` (one of its runs: its --seed, --faults ${MAX_FAULTS_PER_RUN})` : '';
  console.log(`\nrepeat with: npm run faults -- ${process.argv.slice(2).join(' ')}${again}`);
  process.exitCode = 1;
}

interface Batch {
  readonly seed: number;
  readonly messages?: number;
  readonly faults?: number;
}

/** Limit of faults in one run, whose message log grows with every message. */
const MAX_FAULTS_PER_RUN = 250;
/** Difference between the seeds of successive runs. */
const SEED_STEP = 1000;

function batchesOf(values: {
  readonly seed: string;
  readonly messages: string;
  readonly faults?: string | undefined;
}): readonly Batch[] {
  const seed = wholeNumber('seed', values.seed);
  if (values.faults === undefined)
    return [{ seed, messages: wholeNumber('messages', values.messages) }];
  const faults = wholeNumber('faults', values.faults);
  if (faults <= MAX_FAULTS_PER_RUN) return [{ seed, faults }];
  return Array.from({ length: Math.ceil(faults / MAX_FAULTS_PER_RUN) }, (_, index) => ({
    seed: seed + index * SEED_STEP,
    faults: Math.min(MAX_FAULTS_PER_RUN, faults - index * MAX_FAULTS_PER_RUN),
  }));
}

/** Runs to the end, checks every invariant and adds the result to the summary. */
async function complete(
  harness: VirtualHarness,
  run: FaultRun,
  summary: Summary,
  prefix: string,
): Promise<void> {
  await harness.drive(run.run());
  const left = await harness.end();
  const result = new InvariantChecker(
    harness.log,
    run.monitor,
    run.episodes,
    harness.host.blocks,
  ).check(harness);
  const remaining = left.map((what) => ({ about: 'device' as const, text: `remaining: ${what}` }));
  const violations = [...result.violations, ...remaining];
  summary.add(harness.log, run, { ...result, violations }, prefix);
}

function print({ names, from, gone, recovered, hits }: FaultEpisode): void {
  const took = recovered === undefined ? 'never' : `${Math.round(recovered - gone)} ms`;
  console.log(`${Math.round(from)} ${names.join(' with ')} ${placeOf(hits[0])}: ${took}`);
}

/** Prints bytes and events in a span of time, such as `12000-13000`. */
function trace(harness: VirtualHarness, span: string): void {
  const [from = 0, to = Infinity] = span.split('-').map(Number);
  const show = (what: string, detail: string) => {
    const now = harness.clock.now();
    if (now >= from && now <= to) console.log(`${now.toFixed(1)} ${what} ${detail}`);
  };
  const line = (bytes: Buffer) =>
    `${bytes.length} ${JSON.stringify(bytes.toString('latin1', 0, 100))}`;
  harness.onWrite = (bytes) => show('>', line(bytes));
  harness.onRead = (bytes) => show('<', line(bytes));
  onDeviceEvents(harness.device, ({ event, detail, error }) =>
    show('device', `${event} ${detail ?? ''} ${error?.code ?? ''}`),
  );
  onLinkEvents(harness.device, ({ link, event, state, error }) =>
    show(`link ${link}`, `${event} ${state} ${error?.code ?? ''}`),
  );
}

function placeOf(hit: Hit | undefined): string {
  if (hit?.place.kind === 'command') return `${hit.place.point} of ${hit.place.line}`;
  if (hit?.place.kind !== 'bytes') return '';
  const { direction, index, chunk } = hit.place;
  return `${direction}, byte ${index} of ${JSON.stringify(chunk.toString('latin1', 0, 30))}`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
