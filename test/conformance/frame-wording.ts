import type { WsFrame } from '../harness/network/ws-server-frames';
import { alphabet } from './actions';
import { unescape } from './escapes';
import { expand, parsePattern } from './pattern';

const NUMBERS = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');

const OPCODES: Readonly<Record<string, number>> = {
  continuation: 0,
  text: 1,
  message: 1,
  frame: 1,
  json: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
};

/**
 * The frames that words like `text "hi"`, `binary 20 bytes`, `fragments abc|def|(empty fin)`,
 * `[fin=0 op=1 abc]` stand for; none when there are none in them.
 */
export function framesIn(clause: string): WsFrame[] {
  return (
    bracketed(clause) ??
    piped(clause) ??
    sizedFragments(clause) ??
    quotedFragments(clause) ??
    quoted(clause) ??
    empty(clause) ??
    sized(clause) ??
    numbered(clause) ??
    word(clause) ??
    bareControl(clause) ??
    []
  );
}

/** The frame that is meant where only its kind is named: its payload is anybody's guess. */
export function someFrame(clause: string): WsFrame[] {
  const opcode = opcodeIn(clause);
  if (opcode === undefined) return [];
  return [{ fin: finIn(clause), opcode, payload: Buffer.from(opcode < 8 ? 'hello' : '') }];
}

/** Bytes given as such: `bytes \x81\x05hello`, `raw 81 05 68`. */
export function rawBytesIn(clause: string): Buffer | undefined {
  const hex =
    /\b(?:raw|bytes|segment|sends)\b[^0-9a-f"]*((?:(?:0x)?[0-9a-f]{2}[ ,]+)+(?:0x)?[0-9a-f]{2}|0x[0-9a-f]{2})\b/i.exec(
      clause,
    )?.[1];
  if (hex !== undefined) return Buffer.from(hex.replace(/[ ,]+|0x/g, ''), 'hex');
  const escaped =
    /\b(?:raw|bytes)\b:?\s+`?"?((?:\\x[0-9a-f]{2}|\\[rn]|[!-~])*\\x[0-9a-f]{2}(?:\\x[0-9a-f]{2}|\\[rn]|[!-~])*?)"?`?\s*$/i.exec(
      clause,
    )?.[1];
  return escaped === undefined ? undefined : unescape(escaped);
}

function bracketed(clause: string): WsFrame[] | undefined {
  const matches = [
    ...clause.matchAll(/\[fin=([01]) op=([0-9a-f]+)(?: len=(\d+))?(?: ([^\]]*))?\]/gi),
  ];
  if (matches.length === 0) return undefined;
  return matches.map((match) => {
    const payload = match[4] === undefined ? alphabet(Number(match[3] ?? 0)) : unescape(match[4]);
    return { fin: match[1] === '1', opcode: parseInt(match[2] ?? '1', 16), payload };
  });
}

/** `fragments abc|def|(empty fin)` */
function piped(clause: string): WsFrame[] | undefined {
  const list = /((?:[^|\s,]+|\([^)]*\))(?:\|(?:\([^)]*\)|[^|\s,]*))+)/.exec(clause)?.[1];
  if (list === undefined) return undefined;
  const parts = list
    .split('|')
    .map((part) => (/^\(?\s*empty/i.test(part) ? '' : part.replace(/^"|"$/g, '')));
  return fragments(parts.map(unescape), /binary/i.test(clause) ? 2 : 1);
}

/** `fragments of 10 and 10` */
function sizedFragments(clause: string): WsFrame[] | undefined {
  const sizes = /\bfragments? of ([\d, and+]+)/i.exec(clause)?.[1]?.match(/\d+/g);
  if (!sizes) return undefined;
  return fragments(
    sizes.map((size) => alphabet(Number(size))),
    /text/i.test(clause) ? 1 : 2,
  );
}

/** `fragments "abc", "def"`: one message. A single fragment is what its words say. */
function quotedFragments(clause: string): WsFrame[] | undefined {
  const payloads = payloadsIn(clause);
  if (payloads.length < 2 || !/\bfragment(?:s|ed)\b/i.test(clause)) return undefined;
  return fragments(payloads, /binary/i.test(clause) ? 2 : 1);
}

function quoted(clause: string): WsFrame[] | undefined {
  const payloads = payloadsIn(clause);
  if (payloads.length === 0) return undefined;
  const opcode = opcodeIn(clause) ?? 1;
  return payloads.map((payload) => ({ fin: finIn(clause), opcode, payload }));
}

function empty(clause: string): WsFrame[] | undefined {
  if (!/\bempty\b|no payload|without payload|zero[- ]length|\b0 bytes/i.test(clause))
    return undefined;
  const opcode = opcodeIn(clause);
  return opcode === undefined
    ? undefined
    : [{ fin: finIn(clause), opcode, payload: Buffer.alloc(0) }];
}

function sized(clause: string): WsFrame[] | undefined {
  const size = /(\d+(?:[ ,]\d{3})*)[- ]?(?:(k|m)i?b\b|(?:bytes?|byte)\b)/i.exec(clause);
  const opcode = opcodeIn(clause);
  if (
    !size ||
    !(opcode !== undefined || /^\W*\d/.test(clause) || /\bsends?\b|\bfloods?\b/i.test(clause))
  ) {
    return undefined;
  }
  const unit = size[2]?.toLowerCase();
  const scale =
    unit === undefined ? 1 : (unit === 'k' ? 1 : 1000) * (/ib\b/i.test(size[0]) ? 1024 : 1000);
  const length = Number((size[1] ?? '').replace(/[ ,]/g, '')) * scale;
  const frame = { fin: finIn(clause), opcode: opcode ?? 1, payload: alphabet(length) };
  return Array.from({ length: countIn(clause) ?? 1 }, () => frame);
}

/** `ten messages`: m0, m1, … */
function numbered(clause: string): WsFrame[] | undefined {
  const count = countIn(clause);
  if (count === undefined) return undefined;
  return Array.from({ length: count }, (_, index) => ({
    fin: true,
    opcode: 1,
    payload: Buffer.from(`m${index}`),
  }));
}

function countIn(clause: string): number | undefined {
  const many = new RegExp(
    `\\b(\\d+|${NUMBERS.join('|')}) (?:text |short |small |binary )?(?:messages|texts|frames)\\b`,
    'i',
  );
  const found = many.exec(clause)?.[1];
  if (found === undefined) return undefined;
  return /\d/.test(found) ? Number(found) : NUMBERS.indexOf(found.toLowerCase());
}

/** `text hello` */
function word(clause: string): WsFrame[] | undefined {
  const found = /\b(?:text|message|ping|pong|binary|continuation)\s+([a-z0-9_-]+)\s*$/i.exec(
    clause,
  )?.[1];
  const opcode = opcodeIn(clause);
  if (found === undefined || opcode === undefined) return undefined;
  if (/^(?:frame|message|from|payload|frames|messages|again|afterwards|then|now)$/i.test(found))
    return undefined;
  return [{ fin: finIn(clause), opcode, payload: Buffer.from(found) }];
}

function bareControl(clause: string): WsFrame[] | undefined {
  const found = /\b(ping|pong)s?\b/i.exec(clause)?.[1];
  if (found === undefined) return undefined;
  return [{ fin: true, opcode: OPCODES[found.toLowerCase()] ?? 9, payload: Buffer.alloc(0) }];
}

function payloadsIn(clause: string): Buffer[] {
  return [...clause.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => {
    const text = match[1] ?? '';
    return expand(parsePattern(text)) ?? unescape(text);
  });
}

function finIn(clause: string): boolean {
  return !/\bfin ?(?:=|is )?\s?0\b|\bno fin\b|without fin|not final|first fragment|first half of|unfinished|open fragment/i.test(
    clause,
  );
}

function opcodeIn(clause: string): number | undefined {
  const number = /\bop(?:code)?[ =]*(0x[0-9a-f]+|\d+|[a-f])\b/i.exec(clause)?.[1];
  if (number !== undefined) return /^[a-f]$/i.test(number) ? parseInt(number, 16) : Number(number);
  const name =
    /\b(continuation|text|binary|ping|pong)\b/i.exec(clause)?.[1] ??
    /\b(message|frame|json)\b/i.exec(clause)?.[1];
  return name === undefined ? undefined : OPCODES[name.toLowerCase()];
}

function fragments(parts: readonly Buffer[], opcode: number): WsFrame[] {
  return parts.map((payload, index) => ({
    fin: index === parts.length - 1,
    opcode: index === 0 ? opcode : 0,
    payload,
  }));
}
