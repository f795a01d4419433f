import { parseArgs, type ParseArgsConfig } from 'node:util';
import { firmwareClasses, type FirmwareClass } from '../../simulator';

/** Options of a command line as Node's `parseArgs` wants them described. */
type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * The command line of a run. With `--help` it prints `usage` and ends with 0, with anything that `options`
 * does not describe it says so in a sentence and ends with 2.
 * @param allowPositionals whether words may stand beside the options
 */
export function optionsOf<const T extends Options, const P extends boolean = false>(
  usage: string,
  options: T,
  allowPositionals?: P,
) {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  return orMisuse(() => parseArgs({ args, options, allowPositionals: allowPositionals ?? false }));
}

/** What the command line means by a word. When that throws, it says why in a sentence and ends with 2. */
export function orMisuse<T>(meaning: () => T): T {
  try {
    return meaning();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Node's advice after its first sentence is about other things.
    const [sentence = message] = message.split(/\.?\n|\. /);
    console.error(`${sentence.replace(/\.$/, '')}; see --help`);
    process.exit(2);
  }
}

/** An option that is a whole number, not below `least`; anything else ends the run with a sentence and 2. */
export function wholeNumber(name: string, text: string, least = 0): number {
  return orMisuse(() => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new Error(`--${name} ${text} is no whole number from ${least} on`);
    }
    return value;
  });
}

/** A firmware class, small or large letters; anything else ends the run with a sentence and 2. */
export function firmwareNamed(text: string): FirmwareClass {
  return orMisuse(() => {
    const found = firmwareClasses.find((name) => name === text.toUpperCase());
    if (!found) throw new Error(`there is no firmware class ${text}`);
    return found;
  });
}
