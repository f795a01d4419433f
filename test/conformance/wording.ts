import { closePayload } from '../harness/network/ws-server-frames';
import { alphabet, type Action, type CertificateKind, type TimedAction } from './actions';
import { unescape } from './escapes';
import { framesIn, rawBytesIn, someFrame } from './frame-wording';

/**
 * Reads what a transcript says in words about the server and the world: an `S` line, a step's title,
 * the left side of a table. Returns undefined when there is no action in it that is known.
 *
 * @param guess also take a frame whose payload is not named: some payload then
 */
export function readActions(text: string, guess = false): TimedAction[] | undefined {
  const actions: TimedAction[] = [];
  for (const clause of clausesOf(text)) {
    const found = readClause(clause, guess);
    const lasting = lastingIn(clause.masked);
    const back = lasting === 0 ? undefined : found.map(inverseOf).find((action) => action);
    const cut = found.some((action) => action.kind === 'half' && action.header !== undefined);
    const after = back || cut ? 0 : delayIn(clause.masked);
    for (const [index, action] of found.entries()) {
      actions.push({ action, after: index === 0 ? after : 0 });
    }
    if (back) actions.push({ action: back, after: lasting });
    if (cut && CUT_HEADER.test(clause.masked) && !/\brest\b/i.test(text)) {
      actions.push({ action: { kind: 'rest' }, after: delayIn(clause.masked) || USUAL_CUT });
    }
  }
  return actions.length > 0 ? actions : undefined;
}

/** A clause as it stands, and with its quotes blotted out so that a payload is not taken for words. */
interface Clause {
  readonly text: string;
  readonly masked: string;
}

function clausesOf(text: string): Clause[] {
  const quotes: string[] = [];
  const masked = text.replace(/"(?:[^"\\]|\\.)*"/g, (quote) => `⟦${quotes.push(quote) - 1}⟧`);
  return masked
    .split(
      /;|,?\s+(?:and\s+)?then\s+(?!tcp)|,\s+(?!⟦|not final|no fin|fin\b|tcp |\d+ ?(?:bytes?|k?B)\b)|\s+and\s+(?=[a-z]+s\b|never\b|does\b|is\b)/i,
    )
    .filter((part) => part.trim() !== '')
    .map((part) => ({
      masked: part,
      text: part.replace(/⟦(\d+)⟧/g, (_, index) => quotes[Number(index)] ?? ''),
    }));
}

/** A header that TCP cuts: its rest comes later. */
const CUT_HEADER =
  /header (?:is )?(?:cut|split)|(?:cut|split)s? (?:in|inside|within|through) (?:the |a )?(?:frame )?header|(?:first|one) byte of (?:the |a )?(?:frame )?header/i;
/** How long after, in milliseconds, where no words tell. */
const USUAL_CUT = 500;

type Rule = readonly [wording: RegExp, read: (clause: Clause) => Action[]];

const STOPS = "(?:stops?|stopped|does(?: not|n't)|no longer|never|without|ceases?)";
const AIR = '(?:wi-?fi|\\bap\\b|access point|router|\\bnetwork\\b)';

/** The first rule that fits a clause counts. */
const RULES: readonly Rule[] = [
  rule(`${STOPS} (?:answer(?:s|ing)?|reply\\w*|respond\\w*)(?: to)? (?:the |a )?close`, {
    kind: 'answers closes',
    value: false,
  }),
  rule(`${STOPS} (?:to )?(?:answer|pong|respond|reply)`, ({ masked }) => [
    { kind: 'answers pings', value: false },
    // What is not answered is anything, unless it is named.
    ...(/p[io]ng/i.test(masked) ? [] : [{ kind: 'answers closes', value: false } as const]),
  ]),
  rule('\\b(?:answers?|replies) (?:to )?(?:pings? )?again|resumes? pong', {
    kind: 'answers pings',
    value: true,
  }),
  rule('(?:keeps|leaves?|with) tcp open|tcp (?:stays|is left|left|kept|remains) open', (clause) => [
    { kind: 'ends tcp', value: false },
    ...(/clos/i.test(clause.masked.replace(/\btcp.*/i, '')) ? readClose(clause) : []),
  ]),
  rule(`\\bhost\\b.*(?:${STOPS} (?:to )?read|pauses reading|reads nothing)`, {
    kind: 'host reads',
    value: false,
  }),
  rule('\\bhost\\b.*(?:reads|reading) again', { kind: 'host reads', value: true }),
  rule('\\b(?:ignores (?:the )?|answers no )pings?', { kind: 'answers pings', value: false }),
  rule(`${STOPS} read|(?:pauses|stalls) reading|reads nothing`, { kind: 'reads', value: false }),
  rule(
    '\\b(?:reads?|reading|drains)\\b.*\\bagain|resumes? reading|starts? reading|goes on reading|^\\W*(?:the )?server resumes\\W*$',
    { kind: 'reads', value: true },
  ),
  rule(CUT_HEADER.source, () => [
    {
      kind: 'half',
      frame: { fin: true, opcode: 1, payload: Buffer.from('hello') },
      sent: 0,
      header: 1,
    },
  ]),
  rule(
    'half (?:of )?(?:a |an |the )|\\bfirst half\\b|sends (?:the |a )?(?:frame )?header\\b|header (?:only|alone)|only (?:the|a) (?:frame )?header|\\b\\d+ of (?:the )?\\d+|announc|incomplete frame|part of a frame',
    readHalf,
  ),
  rule(
    '\\b(?:the )?rest\\b(?! of the section)|\\bremain(?:der|ing)\\b|(?:second|other) half|\\bpayload\\b.*\\blater\\b|sends (?:the|its) payload',
    { kind: 'rest' },
  ),
  rule(
    'black ?hole (?:ends|over)|packets get through|cable (?:is )?(?:back|plugged|in\\b)|reachable again|black ?hole off',
    { kind: 'reachable', value: true },
  ),
  rule(
    'black ?hole|packets (?:are |get )?(?:lost|dropped)|drops? (?:all )?packets|cable (?:is )?(?:pulled|out)|unplugged|unreachable',
    { kind: 'reachable', value: false },
  ),
  rule(`${AIR}.*\\b(?:back|again|returns?|on|up)\\b|beacon.*back`, {
    kind: 'access point',
    value: true,
  }),
  rule(
    `${AIR}.*\\b(?:lost|loss|gone|away|off|disappears?|down|vanish\\w*|dies|out of range|drops?|breaks?)\\b|beacons? (?:lost|stop)`,
    { kind: 'access point', value: false },
  ),
  rule('power(?:ed)? (?:is )?(?:off|lost|cut)\\b(?!.*\\bon\\b)|loses power', {
    kind: 'power',
    value: 'off',
  }),
  rule('power(?:ed)?(?:[- ]up| (?:is )?(?:on|back|up))\\b(?!.*\\boff\\b)', {
    kind: 'power',
    value: 'on',
  }),
  rule(
    'power[- ]?cycl|power (?:off|cut).*\\bon\\b|\\b(?:device|board|chip|module)\\b.*\\b(?:restarts?|resets?|reset|reboots?|crashes)|hardware reset|\\bEN\\b (?:pin|low|pulled|pulse)|watchdog|brown-?out',
    { kind: 'power', value: 'cycle' },
  ),
  rule('comes? back with.*(?:other|foreign|wrong|unknown)', () => [
    { kind: 'certificate', which: 'foreign' },
    { kind: 'listens', value: true },
  ]),
  rule(
    '(?:server|port|it|peer).*\\b(?:is |comes? )?(?:back|up again|listens? again|starts? again|returns?|accepts? again|started|up|open(?:s|ed)? again)\\b|^\\W*(?:comes? |is )?back\\b|starts? listening|listens again',
    { kind: 'listens', value: true },
  ),
  rule('server (?:process )?(?:is )?restart(?:s|ed)\\b', () => [
    { kind: 'listens', value: false },
    { kind: 'listens', value: true },
  ]),
  rule(
    'goes (?:away|down)|(?:is|was|gets) (?:gone|down|stopped|killed|away|off)\\b|stops? (?:listening|accepting)|shuts? down|no server|port (?:is )?closed|disappears|refuses\\b|server (?:gone|down|off|stopped|killed)\\b|^\\W*server: down\\b|\\bserver\\.close\\(',
    { kind: 'listens', value: false },
  ),
  rule('\\b(?:rst|resets?|reset|aborts?)\\b', { kind: 'drop', how: 'rst' }),
  rule(
    'without (?:a )?close frame|sockets? (?:is )?(?:destroyed|ended)|\\b(?:destroy|end|terminate)\\(\\)|server ended\\b|^\\W*server: end\\W*$',
    {
      kind: 'drop',
      how: 'fin',
    },
  ),
  rule(
    'close frame|close with|sends? (?:a |an )?(?:empty )?close|closes? (?:with |normally )?(?:code )?\\(?\\d{4}|closes? (?:at once|again|normally|the (?:websocket|link))|\\b(?:server|peer) clos(?:e|es|ed)\\b(?! (?:tcp|the (?:tcp|socket|connection)|its (?:socket|tcp)))|opcode 8|op(?:code)?=8|\\bws\\.close\\(',
    readClose,
  ),
  rule(
    '\\b(?:drops?|cuts?|kills?|destroys?|ends?|closes?|half-closes?|loses)\\b.*\\b(?:tcp|connections?|sockets?|it|link)\\b|(?:sends?|gets?) (?:a )?fin\\b(?! ?[=01])|tcp (?:is )?(?:dropped|cut|closed|lost|drop|close|fin)|^\\W*(?:(?:the )?server )?(?:drops?|cuts?)\\W*$|connection (?:lost|dropped|cut)',
    { kind: 'drop', how: 'fin' },
  ),
];

function rule(wording: string, result: Action | ((clause: Clause) => Action[])): Rule {
  return [new RegExp(wording, 'i'), typeof result === 'function' ? result : () => [result]];
}

function readClause(clause: Clause, guess: boolean): Action[] {
  for (const [wording, read] of RULES) if (wording.test(clause.masked)) return read(clause);
  const raw = rawBytesIn(clause.text);
  if (raw) return [{ kind: 'bytes', bytes: raw }];
  const named = framesIn(clause.text);
  const frames = named.length === 0 && guess ? someFrame(clause.text) : named;
  return frames.length > 0 ? [{ kind: 'frames', frames }] : [];
}

/** `12 s later`, `after 300 ms`, `(1 s apart)`, `for 10 s`: in milliseconds; 0 without any. */
export function delayIn(text: string): number {
  const match =
    /(?:after|in|for|waits?|waiting|pause of|nothing)\s+(?:another |about )?(\d+(?:\.\d+)?)\s*(ms|s|seconds?|min|minutes?)\b|(\d+(?:\.\d+)?)\s*(ms|s|seconds?|min|minutes?)\s+(?:later|apart|pause|after|of (?:silence|nothing|waiting))/i.exec(
      text,
    );
  const amount = Number(match?.[1] ?? match?.[3] ?? 0);
  const unit = (match?.[2] ?? match?.[4] ?? 's').toLowerCase();
  return amount * (unit === 'ms' ? 1 : unit.startsWith('m') ? 60_000 : 1000);
}

/** How long a step without a line lets pass, in milliseconds; 0 when its title is not about waiting. */
export function silenceIn(title: string): number {
  const [, amount = 0, unit = 's'] = /\b(\d+(?:\.\d+)?) ?(ms|s|seconds?|min)\b/i.exec(title) ?? [];
  const scale = unit === 'ms' ? 1 : unit === 'min' ? 60_000 : 1000;
  const quiet = /\b(?:stays?|silen\w+|quiet|nothing|idle|waits?|no (?:output|answer|report)s?)\b/i;
  return delayIn(title) || Number(amount) * scale || (quiet.test(title) ? 1000 : 0);
}

/** `all links`, `links 0 and 2`: several at once. */
export function linksIn(text: string, open: number[]): number[] | undefined {
  if (/\b(?:all|both|every|each)\b.*\b(?:links?|connections?)\b/i.test(text)) return open;
  return /\blinks ((?:\d\W+(?:and )?)+\d)/i.exec(text)?.[1]?.match(/\d/g)?.map(Number);
}

/** `for 25 s`: how long a state lasts, in milliseconds. */
function lastingIn(text: string): number {
  const match = /\bfor (?:about )?(\d+(?:\.\d+)?) ?(ms|s|seconds?)\b/i.exec(text);
  return Number(match?.[1] ?? 0) * (match?.[2] === 'ms' ? 1 : 1000);
}

/** What ends a state. */
function inverseOf(action: Action): Action | undefined {
  switch (action.kind) {
    case 'listens':
    case 'reachable':
    case 'access point':
    case 'answers pings':
    case 'answers closes':
    case 'host reads':
    case 'reads':
      return { ...action, value: !action.value };
    default:
      return undefined;
  }
}

function readClose({ text }: Clause): Action[] {
  const quoted = /"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  const code = /\b([1-4]\d{3})\b/.exec(text)?.[1];
  const reason = quoted === undefined ? undefined : unescape(quoted).toString('latin1');
  const payload = closePayload(code === undefined ? undefined : Number(code), reason);
  return [{ kind: 'close', payload }];
}

function readHalf({ text }: Clause): Action[] {
  const parts = /(\d+) of (?:the |its )?(\d+)/.exec(text);
  const announced =
    /announc\w*\D{0,12}(\d+)/i.exec(text)?.[1] ?? /(\d+)[ -]bytes?/i.exec(text)?.[1];
  const quoted = /"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  const given = quoted === undefined ? undefined : unescape(quoted);
  const opcode = /binary/i.test(text) ? 2 : 1;
  if (/half (?:of )?(?:a |the )?(?:frame )?header|1 of 2 header/i.test(text)) {
    return [
      {
        kind: 'half',
        frame: { fin: true, opcode, payload: given ?? Buffer.from('hello') },
        sent: 0,
        header: 1,
      },
    ];
  }
  const length = Number(parts?.[2] ?? announced ?? (given ? given.length * 2 : 10));
  const only =
    /header (?:only|alone)|only (?:the|a) (?:frame )?header|sends (?:the |a )?(?:frame )?header/i.test(
      text,
    );
  const more = /header\b.*?\b(?:and|with|plus) (?:the )?(?:first )?(\d+)(?! of)/i.exec(text)?.[1];
  const sent = only
    ? Number(more ?? 0)
    : Number(parts?.[1] ?? given?.length ?? Math.floor(length / 2));
  const payload = Buffer.concat([given ?? Buffer.alloc(0), alphabet(length)]).subarray(0, length);
  return [{ kind: 'half', frame: { fin: true, opcode, payload }, sent: Math.min(sent, length) }];
}

/** The certificate that a step's title speaks of. */
export function certificateIn(title: string): CertificateKind | undefined {
  if (/expired|out of date/i.test(title)) return 'expired';
  if (/not yet valid|in the future/i.test(title)) return 'future';
  if (/self-?signed/i.test(title)) return 'self-signed';
  if (
    /(?:another|other|foreign|wrong|unknown|different) CA|(?:foreign|wrong|other) certificate/i.test(
      title,
    )
  ) {
    return /comes? back/i.test(title) ? 'good' : 'foreign';
  }
  return /good|certificate|\bCA\b|mutual|wss/i.test(title) ? 'good' : undefined;
}
