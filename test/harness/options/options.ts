import { parseArgs, type ParseArgsConfig } from 'node:util';
import { firmwareClasses, type FirmwareClass } from '../../../simulator';

/** The options of `parseArgs`. */
type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Parses the command line of a run. `--help` prints `usage` and exits with 0; an unknown option prints a sentence and
 * exits with 2.
 * @param allowPositionals whether the command line may have arguments beside the options
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

/** Returns the value of `parse`. When that throws, prints a sentence and exits with 2. */
export function orMisuse<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Leaves out Node's advice behind the first sentence: it does not apply.
    const [sentence = message] = message.split(/\.?\n|\. /);
    console.error(`${sentence.replace(/\.$/, '')}; see --help`);
    process.exit(2);
  }
}

/** Parses a whole number of at least `least`; for other text, prints a sentence and exits with 2. */
export function wholeNumber(name: string, text: string, least = 0): number {
  return orMisuse(() => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new Error(`--${name} ${text} is not a whole number from ${least}`);
    }
    return value;
  });
}

/** Parses a firmware class in either case; for other text, prints a sentence and exits with 2. */
export function firmwareNamed(text: string): FirmwareClass {
  return orMisuse(() => {
    const found = firmwareClasses.find((name) => name === text.toUpperCase());
    if (!found) throw new Error(`there is no firmware class ${text}`);
    return found;
  });
}
