import { CommandError } from '../at/errors';
import type { CommandResponse, CommandGroup } from '../at/command';
import type { Parameters } from '../at/parameters';
import type { Board } from '../device/board';
import type { StoredValue } from '../device/flash';
import { lines } from './answers';

const MAX_NAME_LENGTH = 15;
const MAX_VALUE_BYTES = 8192;
/** Length by type, of the types with a fixed length. */
const numberBytes = [0, 1, 1, 2, 2, 4, 4] as const;
const STRING_TYPE = 7;
const BINARY_TYPE = 8;

/** `AT+SYSMFG`: values in flash, such as certificates. */
export function manufacturingCommands(board: Board): CommandGroup {
  const { flash, hooks } = board;

  const erase = (response: CommandResponse, parameters: Parameters) => {
    parameters.atMost(3);
    const space = name(parameters, 1);
    if (!parameters.has(2)) flash.clear(space);
    else if (!flash.erase(space, name(parameters, 2))) throw new CommandError();
    response.ok();
  };

  const read = (response: CommandResponse, parameters: Parameters) => {
    parameters.atMost(5);
    const space = name(parameters, 1);
    if (!flash.has(space)) throw new CommandError();
    if (!parameters.has(2)) {
      for (const key of flash.keys(space)) {
        response.line(`+SYSMFG:"${space}","${key}",${flash.get(space, key)?.type ?? 0}`);
      }
      response.ok();
      return;
    }
    const key = name(parameters, 2);
    const stored = flash.get(space, key);
    if (!stored) throw new CommandError();
    const { type } = stored;
    const whole = type < STRING_TYPE ? Buffer.from(numberText(stored)) : stored.bytes;
    const offset = parameters.numberOr(3, 0, whole.length, 0);
    const length = parameters.numberOr(4, 0, MAX_VALUE_BYTES, whole.length);
    const part = whole.subarray(offset, offset + length);
    // The length of a number is the length of its text.
    response.line(`+SYSMFG:"${space}","${key}",${type},${part.length},${part.toString('latin1')}`);
    response.ok();
  };

  const write = (response: CommandResponse, parameters: Parameters) => {
    parameters.atMost(5);
    const space = name(parameters, 1);
    const key = name(parameters, 2);
    const type = parameters.number(3, 1, BINARY_TYPE);
    const fixed = numberBytes[type];
    if (fixed !== undefined) {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(parameters.number(4, -0x7fff_ffff, 0x7fff_ffff));
      flash.set(space, key, { type, bytes: bytes.subarray(0, fixed) });
      response.ok();
      return;
    }
    const length = parameters.number(4, 1, MAX_VALUE_BYTES);
    if (hooks.allocate?.(length) === false) throw new CommandError();
    response.prompt(length, (payload) => {
      // Strings end at their first NUL.
      const end = type === STRING_TYPE ? payload.indexOf(0) : -1;
      flash.set(space, key, { type, bytes: end < 0 ? payload : payload.subarray(0, end) });
      response.ok();
    });
  };

  return {
    'AT+SYSMFG': {
      query: lines(() => flash.spaces.map((space) => `+SYSMFG:"${space}"`)),
      set: (response, parameters) =>
        [erase, read, write][parameters.number(0, 0, 2)]?.(response, parameters),
    },
  };
}

/** The decimal text of a number. Odd types are unsigned. */
function numberText({ type, bytes }: StoredValue): string {
  const { length } = bytes;
  return String(type % 2 === 1 ? bytes.readUIntLE(0, length) : bytes.readIntLE(0, length));
}

function name(parameters: Parameters, index: number): string {
  const text = parameters.string(index);
  if (text === '' || text.length > MAX_NAME_LENGTH) throw new CommandError();
  return text;
}
