import { PARSER_BUFFER_LIMIT_BYTES } from '../../../driver/at/parser/parser';
import { firmwareNamed, optionsOf, wholeNumber } from '../../harness/options/options';
import { escapeBytes, unescapeBytes } from './escapes';
import { fuzz, repeat } from './fuzz';
import { parserProblem } from './parser-fuzz';

const usage = `npm run fuzz -- [options]

Feeds mutants of recorded device output to parser and driver. Prints the smallest failing input with its command.

  --seconds N   ends after N seconds (default 60)
  --seed S      seed of the inputs (default: from the clock)
  --input TEXT  only this input, as a failing run prints it
  --class C     firmware class for --input: A, B, C or D (default D)

The exit code is 1 after a failure.`;

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
  const input = unescapeBytes(text);
  const driver = await repeat(input, { firmware, seed });
  print(`parser: ${parserProblem(input) ?? 'no failure'}`);
  print(`driver: ${driver.problem ?? 'no failure'}`);
  return parserProblem(input) === undefined && driver.problem === undefined;
}

async function many(): Promise<boolean> {
  const began = Date.now();
  const end = began + seconds * 1000;
  const result = await fuzz({ seed, more: () => Date.now() < end });
  const { inputs, bytes, worstRecoveryMs, failure } = result;
  print(
    `seed ${seed}: ${inputs} inputs, ${bytes} bytes in ${Math.round((Date.now() - began) / 1000)} s`,
  );
  print(
    `a parser holds at most ${PARSER_BUFFER_LIMIT_BYTES} bytes; worst recovery ${(worstRecoveryMs / 1000).toFixed(1)} s`,
  );
  if (!failure) {
    print('no failure');
    return inputs > 0;
  }
  const { into, input, problem } = failure;
  print(`\nfailure of the ${into}: ${problem}`);
  print(
    `npm run fuzz -- --class ${failure.firmware} --seed ${failure.seed} --input '${escapeBytes(input).replaceAll("'", '\\x27')}'`,
  );
  return false;
}

void (values.input === undefined ? many() : once(values.input)).then((fine) => {
  process.exitCode = fine ? 0 : 1;
});
