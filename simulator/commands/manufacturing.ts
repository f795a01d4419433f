import { CommandError } from '../at/errors';
import type { Call } from '../at/command';
import type { Parameters } from '../at/parameters';
import type { Board } from '../board';
import type { CommandGroup } from './table';

const longestName = 15;
const longestValue = 8192;
/** Types with a fixed length, in bytes. */
const numberLength = [0, 1, 1, 2, 2, 4, 4] as const;
const stringType = 7;
const binaryType = 8;

/** `AT+SYSMFG`: values in flash, certificates above all. */
export function manufacturingCommands(board: Board): CommandGroup {
  const { flash, hooks } = board;

  const erase = (call: Call, parameters: Parameters) => {
    parameters.atMost(3);
    if (!flash.erase(name(parameters, 1), parameters.has(2) ? name(parameters, 2) : undefined)) {
      throw new CommandError();
    }
    call.ok();
  };

  const read = (call: Call, parameters: Parameters) => {
    parameters.atMost(5);
    const space = name(parameters, 1);
    if (!parameters.has(2)) {
      for (const key of flash.keys(space)) {
        call.line(`+SYSMFG:"${space}","${key}",${flash.get(space, key)?.type ?? 0}`);
      }
      call.ok();
      return;
    }
    const key = name(parameters, 2);
    const stored = flash.get(space, key);
    if (!stored) throw new CommandError();
    const offset = parameters.numberOr(3, 0, stored.bytes.length, 0);
    const length = parameters.numberOr(4, 0, longestValue, stored.bytes.length);
    const bytes = stored.bytes.subarray(offset, offset + length);
    const text =
      stored.type < stringType
        ? String(bytes.readUIntLE(0, bytes.length))
        : bytes.toString('latin1');
    call.line(`+SYSMFG:"${space}","${key}",${stored.type},${bytes.length},${text}`);
    call.ok();
  };

  const write = (call: Call, parameters: Parameters) => {
    parameters.exactly(5);
    const space = name(parameters, 1);
    const key = name(parameters, 2);
    const type = parameters.number(3, 1, binaryType);
    const fixed = numberLength[type];
    if (fixed !== undefined) {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(parameters.number(4, -0x7fff_ffff, 0x7fff_ffff));
      flash.set(space, key, { type, bytes: bytes.subarray(0, fixed) });
      call.ok();
      return;
    }
    const length = parameters.number(4, 1, longestValue);
    if (hooks.allocate?.(length) === false) throw new CommandError();
    call.prompt(length, (payload) => {
      flash.set(space, key, { type, bytes: payload });
      call.ok();
    });
  };

  return {
    'AT+SYSMFG': {
      query: (call) => {
        for (const space of flash.spaces) call.line(`+SYSMFG:"${space}"`);
        call.ok();
      },
      set: (call, parameters) =>
        [erase, read, write][parameters.number(0, 0, 2)]?.(call, parameters),
    },
  };
}

function name(parameters: Parameters, index: number): string {
  const text = parameters.string(index);
  if (text === '' || text.length > longestName) throw new CommandError();
  return text;
}
