// `npm run fuzz -- --seconds N [--seed S]`: mutants of what devices said, at every chunking, into parser and
// driver. Prints counts, and the smallest failing input as the command that repeats it; ends with 1 then.
import { PARSER_BUFFER_LIMIT } from '../../../driver/at/parser/parser';
import { firmwareNamed, optionsOf, wholeNumber } from '../../harness/options';
import { meant, shown } from './corpus';
import { fuzz, repeat } from './fuzz';
import { parserProblem } from './parser-fuzz';

const usage = `npm run fuzz -- [options]

  --seconds N   ends after N seconds (default 60)
  --seed S      number that decides everything but the time (default: from the clock)
  --input TEXT  tries this input alone, as a failing run prints it
  --class C     the firmware class that --input is for: A, B, C or D (default D)

The exit code is 1 when something went wrong.`;

const { values } = optionsOf(usage, {
  seconds: { type: 'string', default: '60' },
  seed: { type: 'string', default: String(Date.now() % 0x1_0000_0000) },
  input: { type: 'string' },
  class: { type: 'string', default: 'D' },
});
const seed = wholeNumber('seed', values.seed);
const seconds = wholeNumber('seconds', values.seconds);
const firmware = firmwareNamed(values.class);

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function once(text: string): Promise<boolean> {
  const input = meant(text);
  const driver = await repeat(input, { firmware, seed });
  print(`parser: ${parserProblem(input) ?? 'nothing wrong'}`);
  print(`driver: ${driver.problem ?? 'nothing wrong'}`);
  return parserProblem(input) === undefined && driver.problem === undefined;
}

async function many(): Promise<boolean> {
  const began = Date.now();
  const end = began + seconds * 1000;
  const result = await fuzz({ seed, more: () => Date.now() < end });
  const { inputs, bytes, worstRecovery, failure } = result;
  print(
    `seed ${seed}: ${inputs} inputs, ${bytes} bytes in ${Math.round((Date.now() - began) / 1000)} s`,
  );
  print(
    `a parser holds at most ${PARSER_BUFFER_LIMIT} bytes; worst recovery ${(worstRecovery / 1000).toFixed(1)} s`,
  );
  if (!failure) {
    print('nothing wrong');
    return inputs > 0;
  }
  const { into, input, problem } = failure;
  print(`\nwrong in the ${into}: ${problem}`);
  print(
    `npm run fuzz -- --class ${failure.firmware} --seed ${failure.seed} --input '${shown(input).replaceAll("'", '\\x27')}'`,
  );
  return false;
}

void (values.input === undefined ? many() : once(values.input)).then((fine) => {
  process.exitCode = fine ? 0 : 1;
});
