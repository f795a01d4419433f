import { closePayload, type WsFrame } from '../support/ws-server-frames';
import { alphabet, type Action, type CertificateKind, type TimedAction } from './actions';
import { unescape } from './escapes';

/**
 * Reads what a transcript says in words about the server: an `S` line, a step's title, the left side
 * of a table. Returns undefined when there is no action in it that is known.
 */
export function readActions(text: string): TimedAction[] | undefined {
  const actions: TimedAction[] = [];
  for (const clause of clausesOf(text)) {
    const found = readClause(clause);
    if (!found) continue;
    const after = delayIn(clause);
    for (const [index, action] of found.entries()) {
      actions.push({ action, after: index === 0 ? after : 0 });
    }
  }
  return actions.length > 0 ? actions : undefined;
}

/** Words of the server that tell what it saw: nothing is to be done about them. */
export function isObservation(text: string): boolean {
  return /^\W*(?:the )?(?:server|peer)?:?\s*(?:got|gets|sees|saw|receives?d?|accept(?:s|ed)|notices?d?|answer(?:s|ed)|echo(?:es|ed)?|has|had)\b/i.test(
    text,
  );
}

function clausesOf(text: string): string[] {
  const quotes: string[] = [];
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, (quote) => `⟦${quotes.push(quote) - 1}⟧`);
  return bare
    .split(/;|,?\s+(?:and\s+)?then\s+|,\s+|\s+and\s+(?=[a-z]+s\b)/i)
    .map((part) => part.replace(/⟦(\d+)⟧/g, (_, index) => quotes[Number(index)] ?? ''))
    .filter((part) => part.trim() !== '');
}

type Rule = readonly [wording: RegExp, read: (match: RegExpExecArray, clause: string) => Action[]];

const one =
  (action: Action): (() => Action[]) =>
  () => [action];

const NOT = "(?:stops?|does(?: not|n't)|no longer|never|without)";

/** The first rule that fits a clause counts. */
const RULES: readonly Rule[] = [
  [
    new RegExp(`${NOT} answer(?:s|ing)?(?: (?:the )?(?:close|a close))`, 'i'),
    one({ kind: 'answers closes', value: false }),
  ],
  [new RegExp(`${NOT} (?:answer|pong|respond)`, 'i'), one({ kind: 'answers pings', value: false })],
  [/answers? (?:pings? )?again|resumes? pong/i, one({ kind: 'answers pings', value: true })],
  [new RegExp(`${NOT} read`, 'i'), one({ kind: 'reads', value: false })],
  [
    /\b(?:reads|reading|drains)\b.*\bagain|resumes? reading|starts? reading/i,
    one({ kind: 'reads', value: true }),
  ],
  [/\b(?:the )?rest\b|\bremain(?:der|ing)\b|second half/i, one({ kind: 'rest' })],
  [
    /half (?:of )?a |header (?:only|alone)|only (?:the|a) (?:frame )?header|\b\d+ of \d+ bytes|announc/i,
    readHalf,
  ],
  [
    /black ?hole|packets (?:are |get )?lost|cable (?:is )?(?:pulled|out)|unplugged|unreachable/i,
    one({ kind: 'reachable', value: false }),
  ],
  [
    /packets get through|cable (?:is )?back|reachable again/i,
    one({ kind: 'reachable', value: true }),
  ],
  [
    /(?:wi-?fi|\bap\b|access point|beacon|router).*\b(?:back|again|returns?|on)\b/i,
    one({ kind: 'access point', value: true }),
  ],
  [
    /(?:wi-?fi|\bap\b|access point|router).*\b(?:lost|loss|gone|away|off|disappears?|down|vanish\w*|dies)\b/i,
    one({ kind: 'access point', value: false }),
  ],
  [/power(?:ed)? (?:is )?(?:off|lost|cut)|loses power/i, one({ kind: 'power', value: 'off' })],
  [/power(?:ed)? (?:is )?(?:on|back)/i, one({ kind: 'power', value: 'on' })],
  [
    /power[- ]?cycl|(?:device|board|chip|module) (?:restarts|resets|is reset|reboots|crashes)|hardware reset|\bEN\b|watchdog|brown-?out/i,
    one({ kind: 'power', value: 'cycle' }),
  ],
  [
    /comes? back with.*(?:an?other|foreign|wrong|unknown)/i,
    () => [
      { kind: 'certificate', which: 'foreign' },
      { kind: 'listens', value: true },
    ],
  ],
  [
    /(?:server|port|it|peer).*\b(?:is |comes? )?(?:back|up again|listens? again|starts? again|returns?)\b|^\W*(?:comes? )?back\b/i,
    one({ kind: 'listens', value: true }),
  ],
  [
    /server (?:process )?restarts?/i,
    () => [
      { kind: 'listens', value: false },
      { kind: 'listens', value: true },
    ],
  ],
  [
    /goes (?:away|down)|(?:is|was) (?:gone|down|stopped|killed)|stops? listening|shuts? down|no server|port (?:is )?closed|disappears/i,
    one({ kind: 'listens', value: false }),
  ],
  [/\b(?:rst|resets?|reset)\b/i, one({ kind: 'drop', how: 'rst' })],
  [
    /close frame|close with|sends? (?:a )?close|closes? (?:with )?(?:code )?\d{4}|closes? (?:at once|again|the (?:websocket|link))|\bserver clos(?:e|es|ed)\b(?! (?:tcp|the (?:tcp|socket|connection)))|opcode 8/i,
    readClose,
  ],
  [
    /\b(?:drops?|cuts?|kills?|destroys?|ends?|closes?|half-closes?)\b.*\b(?:tcp|connections?|sockets?|it|link)\b|(?:sends?|gets?) (?:a )?fin\b(?! ?[=01])|tcp (?:is )?(?:dropped|cut|closed|lost)|^\W*(?:server )?(?:drops?|cuts?)\W*$/i,
    one({ kind: 'drop', how: 'fin' }),
  ],
  [/./, readFrames],
];

function readClause(clause: string): Action[] | undefined {
  for (const [wording, read] of RULES) {
    const match = wording.exec(clause);
    if (!match) continue;
    const actions = read(match, clause);
    return actions.length > 0 ? actions : undefined;
  }
  return undefined;
}

/** `12 s later`, `after 300 ms`, `(1 s apart)`: in milliseconds. */
export function delayIn(text: string): number {
  const match =
    /(?:after|in|for|wait(?:s|ing)?)\s+(\d+(?:\.\d+)?)\s*(ms|s|seconds?)\b|(\d+(?:\.\d+)?)\s*(ms|s|seconds?)\s+(?:later|apart|pause|after)/i.exec(
      text,
    );
  const amount = Number(match?.[1] ?? match?.[3] ?? 0);
  const unit = match?.[2] ?? match?.[4] ?? 's';
  return unit.toLowerCase() === 'ms' ? amount : amount * 1000;
}

function readClose(_: RegExpExecArray, clause: string): Action[] {
  const quoted = /"((?:[^"\\]|\\.)*)"/.exec(clause)?.[1];
  const code = /\b([1-4]\d{3})\b/.exec(clause)?.[1];
  const reason = quoted === undefined ? undefined : unescape(quoted).toString('latin1');
  return [
    { kind: 'close', payload: closePayload(code === undefined ? undefined : Number(code), reason) },
  ];
}

function readHalf(_: RegExpExecArray, clause: string): Action[] {
  const parts = /(\d+) of (\d+)(?:[ -]bytes?)?/.exec(clause);
  const announced =
    /announc\w* (\d+)/i.exec(clause)?.[1] ?? /of (?:a )?(\d+)[ -]bytes?/i.exec(clause)?.[1];
  const quoted = /"((?:[^"\\]|\\.)*)"/.exec(clause)?.[1];
  const text = quoted === undefined ? undefined : unescape(quoted);
  const opcode = /binary/i.test(clause) ? 2 : 1;
  if (/half (?:of )?(?:a |the )?(?:frame )?header/i.test(clause)) {
    const frame = { fin: true, opcode, payload: text ?? alphabet(200) };
    return [{ kind: 'half', frame, sent: 0, header: 1 }];
  }
  const length = Number(parts?.[2] ?? announced ?? (text ? text.length * 2 : 10));
  const only = /header (?:only|alone)|only (?:the|a) (?:frame )?header/i.test(clause);
  const sent = only ? 0 : Number(parts?.[1] ?? text?.length ?? Math.floor(length / 2));
  const payload = Buffer.concat([text ?? Buffer.alloc(0), alphabet(length)]).subarray(0, length);
  return [{ kind: 'half', frame: { fin: true, opcode, payload }, sent }];
}

const NUMBERS = [
  'no',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
];

function readFrames(_: RegExpExecArray, clause: string): Action[] {
  const frames = framesIn(clause);
  return frames.length > 0 ? [{ kind: 'frames', frames }] : [];
}

const OPCODES: Readonly<Record<string, number>> = {
  continuation: 0,
  text: 1,
  message: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
};

/** The frames that words like `text "hi"`, `binary 20 bytes`, `fragments abc|def|(empty fin)` stand for. */
export function framesIn(clause: string): WsFrame[] {
  const pipes = /\bfragments?\s+((?:[^|\s]*|\([^)]*\))(?:\|(?:\([^)]*\)|[^|\s,]*))+)/i.exec(
    clause,
  )?.[1];
  if (pipes !== undefined) {
    const parts = pipes.split('|').map((part) => (/^\(?\s*empty/i.test(part) ? '' : part));
    return fragments(
      parts.map((part) => unescape(part.replace(/^"|"$/g, ''))),
      /binary/i.test(clause) ? 2 : 1,
    );
  }
  const sizes = /\bfragments? of ([\d, and+]+)/i.exec(clause)?.[1];
  if (sizes !== undefined) {
    const lengths = sizes.match(/\d+/g) ?? [];
    return fragments(
      lengths.map((length) => alphabet(Number(length))),
      /text/i.test(clause) ? 1 : 2,
    );
  }
  const opcode = opcodeIn(clause);
  const fin = !/\bfin ?(?:=|is )?\s?0\b|without fin|not final|first fragment|unfinished/i.test(
    clause,
  );
  const quoted = [...clause.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) =>
    unescape(match[1] ?? ''),
  );
  if (quoted.length > 0) return quoted.map((payload) => ({ fin, opcode: opcode ?? 1, payload }));
  if (/\bempty\b|no payload|zero[- ]length/i.test(clause) && opcode !== undefined) {
    return [{ fin, opcode, payload: Buffer.alloc(0) }];
  }
  const size = /(\d+(?:[ ,]\d{3})*)[- ]?(k|kb|kib)?(?:[- ]?bytes?|\b(?<=k|kb|kib))/i.exec(clause);
  if (size && (opcode !== undefined || /^\W*\d/.test(clause) || /\bsends?\b/i.test(clause))) {
    const scale = size[2] === undefined ? 1 : size[2].toLowerCase() === 'kib' ? 1024 : 1000;
    const length = Number((size[1] ?? '').replace(/[ ,]/g, '')) * scale;
    return [{ fin, opcode: opcode ?? 1, payload: alphabet(length) }];
  }
  const many = new RegExp(`\\b(\\d+|${NUMBERS.join('|')}) (?:text )?messages`, 'i').exec(
    clause,
  )?.[1];
  if (many !== undefined) {
    const count = /\d/.test(many) ? Number(many) : NUMBERS.indexOf(many.toLowerCase());
    return Array.from({ length: count }, (__, index) => ({
      fin: true,
      opcode: 1,
      payload: Buffer.from(`m${index}`),
    }));
  }
  const word = /\b(?:text|message|ping|pong|binary)\s+([a-z0-9_-]+)\s*$/i.exec(clause)?.[1];
  if (
    word !== undefined &&
    opcode !== undefined &&
    !/^(?:frame|message|from|payload)$/i.test(word)
  ) {
    return [{ fin, opcode, payload: Buffer.from(word) }];
  }
  const bare = /\b(?:sends?\s+(?:a |an )?)?(ping|pong)\b/i.exec(clause)?.[1];
  if (bare !== undefined)
    return [{ fin: true, opcode: OPCODES[bare.toLowerCase()] ?? 9, payload: Buffer.alloc(0) }];
  return [];
}

function opcodeIn(clause: string): number | undefined {
  const number = /\bop(?:code)?[ =]*(0x[0-9a-f]+|\d+|[a-f])\b/i.exec(clause)?.[1];
  if (number !== undefined) return /^[a-f]$/i.test(number) ? parseInt(number, 16) : Number(number);
  const word = /\b(continuation|text|binary|ping|pong|message)\b/i.exec(clause)?.[1];
  return word === undefined ? undefined : OPCODES[word.toLowerCase()];
}

function fragments(parts: readonly Buffer[], opcode: number): WsFrame[] {
  return parts.map((payload, index) => ({
    fin: index === parts.length - 1,
    opcode: index === 0 ? opcode : 0,
    payload,
  }));
}

/** The certificate that a step's title speaks of. */
export function certificateIn(title: string): CertificateKind | undefined {
  if (/expired|out of date/i.test(title)) return 'expired';
  if (/not yet valid|in the future/i.test(title)) return 'future';
  if (/self-?signed/i.test(title)) return 'self-signed';
  if (
    /(?:another|other|foreign|wrong|unknown|different) CA|foreign certificate|wrong (?:ca|certificate)/i.test(
      title,
    )
  ) {
    return /comes? back/i.test(title) ? 'good' : 'foreign';
  }
  return /good|certificate|\bCA\b|mutual|wss/i.test(title) ? 'good' : undefined;
}
