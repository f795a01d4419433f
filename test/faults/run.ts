import { parseFault, type Hit } from '../../simulator/faults';
import { firmwareNamed, optionsOf, orMisuse, wholeNumber } from '../support/options';
import { Campaign } from './campaign';
import { Judge } from './judge';
import { PORT_BUSY } from './orders';
import { RealStage } from './real-stage';
import type { Stage } from './stage';
import { summarize } from './summary';
import { VirtualStage } from './virtual-stage';

const usage = `npm run faults -- [options]

  --seed S        number that decides everything (default 1); equal seeds repeat a run exactly
  --messages N    ends after N messages, both ways together (default 2000)
  --faults N      ends after N faults instead
  --fault F       only this fault: a name, or a name with settings (lose=to-device,@12); may be repeated
  --class C       firmware A, B, C or D (default D)
  --paced         bytes take their time, as at 115200 bits a second
  --cuts          what the device says comes in random pieces
  --real          on a real serial line (a pty) with real sockets, in real time
  --verbose       tells of every fault when it is over
  --trace A-B     shows what passes on the line from A to B milliseconds

The exit code is 1 when a promise was broken.`;

/** Runs one campaign as the command line asks for; the exit code is 1 when a promise was broken. */
async function main(): Promise<void> {
  const { values } = optionsOf(usage, {
    seed: { type: 'string', default: '1' },
    messages: { type: 'string', default: '2000' },
    faults: { type: 'string' },
    fault: { type: 'string', multiple: true, default: [] },
    class: { type: 'string', default: 'D' },
    paced: { type: 'boolean', default: false },
    cuts: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    trace: { type: 'string' },
  });
  const seed = wholeNumber('seed', values.seed);
  const { faults, fault, paced, cuts } = values;
  orMisuse(() => fault.filter((each) => each !== PORT_BUSY).forEach(parseFault));
  const firmware = firmwareNamed(values.class);
  const stage: Stage = values.real
    ? await RealStage.start(firmware, seed)
    : new VirtualStage({ firmware, seed, paced, cuts });
  const campaign = new Campaign(stage, {
    seed,
    messages: faults === undefined ? wholeNumber('messages', values.messages) : undefined,
    faults: faults === undefined ? undefined : wholeNumber('faults', faults),
    only: fault,
    progress: ({ names, from, gone, recovered, hits }) => {
      if (!values.verbose) return;
      const took = recovered === undefined ? 'never' : `${Math.round(recovered - gone)} ms`;
      console.log(`${Math.round(from)} ${names.join(' with ')} ${placeOf(hits[0])}: ${took}`);
    },
  });
  if (values.trace !== undefined) trace(stage, values.trace);
  const started = performance.now();
  await stage.drive(campaign.run());
  const left = await stage.end();
  const verdict = new Judge(stage.books, campaign.witness, campaign.strikes).judge(
    stage.bootAndJoin,
  );
  const violations = [...verdict.violations, ...left.map((what) => `left over: ${what}`)];
  console.log(summarize(stage.books, campaign, { ...verdict, violations }));
  const took = (performance.now() - started) / 1000;
  console.log(`\n${took.toFixed(1)} s for ${(stage.clock.now() / 60_000).toFixed(0)} min`);
  if (violations.length === 0) return;
  console.log(`\nrepeat with: npm run faults -- ${process.argv.slice(2).join(' ')}`);
  process.exitCode = 1;
}

/** Shows what passes in a span of time, such as `12000-13000`. */
function trace(stage: Stage, span: string): void {
  const [from = 0, to = Infinity] = span.split('-').map(Number);
  const show = (what: string, detail: string) => {
    const now = stage.clock.now();
    if (now >= from && now <= to) console.log(`${now.toFixed(1)} ${what} ${detail}`);
  };
  const line = (bytes: Buffer) =>
    `${bytes.length} ${JSON.stringify(bytes.toString('latin1', 0, 100))}`;
  stage.onWrite = (bytes) => show('>', line(bytes));
  stage.onRead = (bytes) => show('<', line(bytes));
  stage.device.on('event', ({ event, detail, error }) =>
    show('device', `${event} ${detail ?? ''} ${error?.code ?? ''}`),
  );
  stage.device.on('link', ({ link, event, state, error }) =>
    show(`link ${link}`, `${event} ${state} ${error?.code ?? ''}`),
  );
}

function placeOf(hit: Hit | undefined): string {
  if (hit?.place.kind === 'command') return `${hit.place.point} of ${hit.place.line}`;
  if (hit?.place.kind !== 'bytes') return '';
  const { direction, index, unit } = hit.place;
  return `${direction}, byte ${index} of ${JSON.stringify(unit.toString('latin1', 0, 30))}`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
