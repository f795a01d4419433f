import { CommandError } from '../at/errors';
import type { CommandResponse, CommandGroup } from '../at/command';
import type { Parameters } from '../at/parameters';
import type { Board } from '../device/board';
import { defaultDataFormat } from '../websocket/data-urc';
import { opcodes } from '../websocket/frame-codec';
import { LINK_COUNT, type LinkConfig } from '../websocket/links';
import { parseUri } from '../websocket/uri';
import { lines } from './answers';

const SEND_OK = '\r\nSEND OK\r\n';
const noBytes = Buffer.alloc(0);
const MAX_HEADER_BYTES = 65_536;

/** The WebSocket commands. */
export function websocketCommands(board: Board): CommandGroup {
  return {
    'AT+WSCFG': { set: (response, parameters) => configure(board, response, parameters) },
    'AT+WSHEAD': {
      query: lines(() =>
        board.links.headers.map((header, index) => `+WSHEAD:${index},"${header}"`),
      ),
      set: (response, parameters) => addHeader(board, response, parameters),
    },
    'AT+WSOPEN': {
      query: lines(() =>
        board.links.list().map(({ id, state, text }) => `+WSOPEN:${id},${state},"${text}"`),
      ),
      set: (response, parameters) => open(board, response, parameters),
    },
    'AT+WSSEND': { set: (response, parameters) => send(board, response, parameters) },
    'AT+WSDATAFMT': { set: (response, parameters) => setFormat(board, response, parameters) },
    'AT+WSCLOSE': {
      set: (response, parameters) => {
        parameters.exactly(1);
        board.links.close(linkId(parameters), () => response.ok());
      },
    },
  };
}

const linkId = (parameters: Parameters): number => parameters.number(0, 0, LINK_COUNT - 1);

function configure(
  { firmware, flash, links }: Board,
  response: CommandResponse,
  parameters: Parameters,
): void {
  parameters.atMost(firmware.authentication ? 7 : 4);
  const id = linkId(parameters);
  const pingInterval = parameters.number(1, 1, 7200);
  const pongTimeout = parameters.number(2, 1, 7200);
  const bufferSize = parameters.numberOr(3, 1, firmware.maxMessageBytes, 1024);
  const authentication = parameters.numberOr(4, 0, 3, 0);
  // Without authentication, the command takes no certificates; with it, it needs both numbers.
  if (authentication === 0) parameters.atMost(5);
  const pki = authentication === 0 ? 0 : parameters.number(5, 0, 255);
  const ca = authentication === 0 ? 0 : parameters.number(6, 0, 255);
  const missing = [
    {
      needed: (authentication & 1) !== 0,
      space: 'wss_cert',
      slot: pki,
      diagnostic: 'NO CERT FOUND',
    },
    {
      needed: (authentication & 1) !== 0,
      space: 'wss_key',
      slot: pki,
      diagnostic: 'NO PRVT_KEY FOUND',
    },
    { needed: (authentication & 2) !== 0, space: 'wss_ca', slot: ca, diagnostic: 'NO CA FOUND' },
  ].find(({ needed, space, slot }) => needed && !flash.get(space, `${space}.${slot}`));
  if (missing) {
    response.line(missing.diagnostic);
    throw new CommandError();
  }
  const config: LinkConfig = { pingInterval, pongTimeout, bufferSize, authentication, pki, ca };
  links.configure(id, config);
  response.ok();
}

function addHeader({ links }: Board, response: CommandResponse, parameters: Parameters): void {
  parameters.exactly(1);
  const length = parameters.number(0, 0, MAX_HEADER_BYTES);
  if (length === 0) {
    links.headers = [];
    response.ok();
    return;
  }
  response.prompt(length, (payload) => {
    const header = payload.toString('latin1');
    if (!header.includes(':') || header.endsWith('\r\n') || header.includes('\0')) {
      throw new CommandError();
    }
    links.headers = [header, ...links.headers];
    response.ok();
  });
}

function open({ links, crash }: Board, response: CommandResponse, parameters: Parameters): void {
  parameters.atMost(5);
  const id = linkId(parameters);
  const text = parameters.string(1);
  const subprotocol = parameters.optionalString(2);
  const timeout = parameters.numberOr(3, 1, 180_000, 15_000);
  const authorization = parameters.optionalString(4);
  if (links.isOpen(id)) throw new CommandError();
  // The firmware crashes at an empty URI.
  if (text === '') return crash();
  const uri = parseUri(text);
  if (!uri) throw new CommandError();
  links.open(id, { text, uri, subprotocol, timeout, authorization }, (connected) => {
    if (connected) response.ok();
    else response.error();
  });
}

function send(
  { firmware, links, hooks }: Board,
  response: CommandResponse,
  parameters: Parameters,
): void {
  parameters.atMost(firmware.fragments ? 5 : 4);
  const id = linkId(parameters);
  const length = parameters.number(1, firmware.fragments ? 0 : 1, firmware.maxMessageBytes);
  const opcode = parameters.numberOr(2, 0, 15, opcodes.text);
  const timeout = parameters.numberOr(3, 0, 60_000, 10_000);
  const fin = parameters.numberOr(4, 0, 1, 1) === 1;
  if (!links.isOpen(id)) throw new CommandError();
  if (hooks.allocate?.(length) === false) throw new CommandError();
  const transmit = (payload: Buffer) => {
    // Only text, binary and continuation frames can be fragments.
    if (!fin && opcode > opcodes.binary) throw new CommandError();
    // The newest firmware ends a fragmented message with an empty frame and answers ERROR: it loses the payload.
    const losesPayload = firmware.fragments && fin && opcode === opcodes.continuation;
    const passed = losesPayload ? noBytes : payload;
    links.send(id, { opcode, fin, payload: passed }, timeout, (sent) => {
      hooks.reached?.('sent', '');
      if (sent && passed.length === payload.length) response.finish(SEND_OK);
      else response.error();
    });
  };
  if (length === 0) transmit(noBytes);
  else response.prompt(length, transmit);
}

function setFormat({ links }: Board, response: CommandResponse, parameters: Parameters): void {
  parameters.atMost(3);
  const id = linkId(parameters);
  const level = numberUnlessEmpty(parameters, 1, 0, 2, defaultDataFormat.level);
  const mask = numberUnlessEmpty(parameters, 2, 1, 63, defaultDataFormat.mask);
  links.setFormat(id, { level, mask });
  response.ok();
}

/** The number at `index`, or `otherwise` for an empty value. A missing value fails. */
function numberUnlessEmpty(
  parameters: Parameters,
  index: number,
  minimum: number,
  maximum: number,
  otherwise: number,
): number {
  if (parameters.has(index) && !parameters.isFilled(index)) return otherwise;
  return parameters.number(index, minimum, maximum);
}
