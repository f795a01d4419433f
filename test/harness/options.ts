import { parseArgs, type ParseArgsConfig } from 'node:util';
import { firmwareClasses, type FirmwareClass } from '../../simulator';

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

/** Returns the value of `meaning`. When that throws, prints a sentence and exits with 2. */
export function orMisuse<T>(meaning: () => T): T {
  try {
    return meaning();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Prints the first sentence only: Node's advice behind it does not apply.
    const [sentence = message] = message.split(/\.?\n|\. /);
    console.error(`${sentence.replace(/\.$/, '')}; see --help`);
    process.exit(2);
  }
}

/** Parses a whole number from `least` on; anything else prints a sentence and exits with 2. */
export function wholeNumber(name: string, text: string, least = 0): number {
  return orMisuse(() => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new Error(`--${name} ${text} is no whole number from ${least} on`);
    }
    return value;
  });
}

/** Parses a firmware class in either case; anything else prints a sentence and exits with 2. */
export function firmwareNamed(text: string): FirmwareClass {
  return orMisuse(() => {
    const found = firmwareClasses.find((name) => name === text.toUpperCase());
    if (!found) throw new Error(`there is no firmware class ${text}`);
    return found;
  });
}
