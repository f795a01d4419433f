import { CommandError } from '../at/errors';
import type { Call } from '../at/command';
import type { Parameters } from '../at/parameters';
import type { Board } from '../device/board';
import { opcodes } from '../websocket/frame-codec';
import { LINK_COUNT, type LinkConfig } from '../websocket/links';
import { parseUri } from '../websocket/uri';
import type { CommandGroup } from './table';

const sendOk = '\r\nSEND OK\r\n';
const nothing = Buffer.alloc(0);
/** Bytes of a header line that the device takes. */
const MAX_HEADER_BYTES = 65_536;

/** The WebSocket commands. */
export function websocketCommands(board: Board): CommandGroup {
  return {
    'AT+WSCFG': { set: (call, parameters) => configure(board, call, parameters) },
    'AT+WSHEAD': {
      query: (call) => {
        board.links.headers.forEach((header, index) => call.line(`+WSHEAD:${index},"${header}"`));
        call.ok();
      },
      set: (call, parameters) => addHeader(board, call, parameters),
    },
    'AT+WSOPEN': {
      query: (call) => {
        for (const { id, state, text } of board.links.list()) {
          call.line(`+WSOPEN:${id},${state},"${text}"`);
        }
        call.ok();
      },
      set: (call, parameters) => open(board, call, parameters),
    },
    'AT+WSSEND': { set: (call, parameters) => send(board, call, parameters) },
    'AT+WSDATAFMT': { set: (call, parameters) => setFormat(board, call, parameters) },
    'AT+WSCLOSE': {
      set: (call, parameters) => {
        parameters.exactly(1);
        board.links.close(linkId(parameters), () => call.ok());
      },
    },
  };
}

const linkId = (parameters: Parameters): number => parameters.number(0, 0, LINK_COUNT - 1);

function configure({ firmware, flash, links }: Board, call: Call, parameters: Parameters): void {
  parameters.atMost(firmware.authentication ? 7 : 4);
  const id = linkId(parameters);
  const pingInterval = parameters.number(1, 1, 7200);
  const pongTimeout = parameters.number(2, 1, 7200);
  const bufferSize = parameters.numberOr(3, 1, firmware.maximumLength, 1024);
  const authentication = parameters.numberOr(4, 0, 3, 0);
  // Without authentication there are no certificates to name; with it, both must be named.
  if (authentication === 0) parameters.atMost(5);
  const pki = authentication === 0 ? 0 : parameters.number(5, 0, 255);
  const ca = authentication === 0 ? 0 : parameters.number(6, 0, 255);
  const missing = [
    {
      needed: (authentication & 1) !== 0,
      space: 'wss_cert',
      slot: pki,
      complaint: 'NO CERT FOUND',
    },
    {
      needed: (authentication & 1) !== 0,
      space: 'wss_key',
      slot: pki,
      complaint: 'NO PRVT_KEY FOUND',
    },
    { needed: (authentication & 2) !== 0, space: 'wss_ca', slot: ca, complaint: 'NO CA FOUND' },
  ].find(({ needed, space, slot }) => needed && !flash.get(space, `${space}.${slot}`));
  if (missing) {
    call.line(missing.complaint);
    throw new CommandError();
  }
  const config: LinkConfig = { pingInterval, pongTimeout, bufferSize, authentication, pki, ca };
  links.configure(id, config);
  call.ok();
}

function addHeader({ links }: Board, call: Call, parameters: Parameters): void {
  parameters.exactly(1);
  const length = parameters.number(0, 0, MAX_HEADER_BYTES);
  if (length === 0) {
    links.headers = [];
    call.ok();
    return;
  }
  call.prompt(length, (payload) => {
    const header = payload.toString('latin1');
    if (!header.includes(':') || header.endsWith('\r\n') || header.includes('\0')) {
      throw new CommandError();
    }
    links.headers = [header, ...links.headers];
    call.ok();
  });
}

function open({ links, crash }: Board, call: Call, parameters: Parameters): void {
  parameters.atMost(5);
  const id = linkId(parameters);
  const text = parameters.string(1);
  const subprotocol = parameters.optionalString(2);
  const timeout = parameters.numberOr(3, 1, 180_000, 15_000);
  const authorization = parameters.optionalString(4);
  if (links.isOpen(id)) throw new CommandError();
  if (text === '') {
    crash();
    return;
  }
  const uri = parseUri(text);
  if (!uri) throw new CommandError();
  links.open(id, { text, uri, subprotocol, timeout, authorization }, (connected) => {
    if (connected) call.ok();
    else call.error();
  });
}

function send({ firmware, links, hooks }: Board, call: Call, parameters: Parameters): void {
  parameters.atMost(firmware.fragments ? 5 : 4);
  const id = linkId(parameters);
  const length = parameters.number(1, firmware.fragments ? 0 : 1, firmware.maximumLength);
  const opcode = parameters.numberOr(2, 0, 15, opcodes.text);
  const timeout = parameters.numberOr(3, 0, 60_000, 10_000);
  const fin = parameters.numberOr(4, 0, 1, 1) === 1;
  if (!links.isOpen(id)) throw new CommandError();
  if (hooks.allocate?.(length) === false) throw new CommandError();
  const transmit = (payload: Buffer) => {
    // Only a message or its continuation can go on in another frame.
    if (!fin && opcode > opcodes.binary) throw new CommandError();
    // The newest firmware ends a fragmented message with an empty frame, and takes the payload for unsent.
    const losesPayload = firmware.fragments && fin && opcode === opcodes.continuation;
    const sent = losesPayload ? nothing : payload;
    links.send(id, { opcode, fin, payload: sent }, timeout, (result) => {
      hooks.reached?.('sent', '');
      if (result === 'sent' && sent.length === payload.length) call.finish(sendOk);
      else call.error();
    });
  };
  if (length === 0) transmit(nothing);
  else call.prompt(length, transmit);
}

function setFormat({ links }: Board, call: Call, parameters: Parameters): void {
  parameters.atMost(3);
  const id = linkId(parameters);
  const level = optional(parameters, 1, 0, 2, 0);
  const mask = optional(parameters, 2, 1, 63, 48);
  links.setFormat(id, { level, mask });
  call.ok();
}

/** A value that may be empty, though its comma must be there. */
function optional(
  parameters: Parameters,
  index: number,
  minimum: number,
  maximum: number,
  otherwise: number,
): number {
  if (parameters.has(index) && !parameters.filled(index)) return otherwise;
  return parameters.number(index, minimum, maximum);
}
