// `npm run fuzz -- --seconds N [--seed S]`: mutants of what devices said, at every chunking, into framer and
// session. Prints counts, and the smallest failing input as the command that repeats it; ends with 1 then.
import { parseArgs } from 'node:util';
import { FRAMER_BOUND } from '../../driver/at/framer';
import type { FirmwareClass } from '../../simulator';
import { meant, shown } from './corpus';
import { fuzz, repeat } from './fuzz';
import { troubleInFramer } from './into-framer';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 0x1_0000_0000) },
    input: { type: 'string' },
    class: { type: 'string', default: 'D' },
  },
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function once(text: string): Promise<boolean> {
  const firmware: FirmwareClass = values.class === 'C' ? 'C' : 'D';
  const input = meant(text);
  const session = await repeat(input, { firmware, seed: Number(values.seed) });
  print(`framer: ${troubleInFramer(input) ?? 'nothing wrong'}`);
  print(`session: ${session.trouble ?? 'nothing wrong'}`);
  return troubleInFramer(input) === undefined && session.trouble === undefined;
}

async function many(): Promise<boolean> {
  const began = Date.now();
  const end = began + Number(values.seconds) * 1000;
  const result = await fuzz({ seed: Number(values.seed), more: () => Date.now() < end });
  const { inputs, bytes, worstRecovery, failure } = result;
  print(
    `seed ${values.seed}: ${inputs} inputs, ${bytes} bytes in ${Math.round((Date.now() - began) / 1000)} s`,
  );
  print(
    `a framer holds at most ${FRAMER_BOUND} bytes; worst recovery ${(worstRecovery / 1000).toFixed(1)} s`,
  );
  if (!failure) {
    print('nothing wrong');
    return inputs > 0;
  }
  const { into, firmware, seed, input, trouble } = failure;
  print(`\nwrong in the ${into}: ${trouble}`);
  print(
    `npm run fuzz -- --class ${firmware} --seed ${seed} --input '${shown(input).replaceAll("'", '\\x27')}'`,
  );
  return false;
}

void (values.input === undefined ? many() : once(values.input)).then((fine) => {
  process.exitCode = fine ? 0 : 1;
});
