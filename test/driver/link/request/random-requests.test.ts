import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { seededRandom } from '../../../../simulator';
import type { WsConnection } from '../../../harness/network/ws-server';
import { isObject } from '../../../../driver/link/request/json-path';
import { requestHarness } from './request-harness';

const REQUESTS = 1000;
const REPLY_TIMEOUT_MS = 3000;

/** How the server reacts to a request. */
type Reaction = 'reply' | 'late' | 'none' | 'reset';

/** A request in JSON, or its reply. */
function parse(bytes: Buffer): { id: unknown; text: unknown } {
  const json: unknown = JSON.parse(bytes.toString());
  if (Array.isArray(json)) return { id: json[1], text: json[2] };
  assert.ok(isObject(json));
  return { id: json.id, text: json.text };
}

for (const firmware of ['C', 'D'] as const)
  it(`1,000 requests each settle once, with their own reply or with what is known, class ${firmware}`, async () => {
    const random = seededRandom(7);
    const harness = await requestHarness({ firmware });
    const { clock, link, server } = harness;
    /** The reactions to the requests that have reached the server, by their text. */
    const reactions = new Map<string, Reaction[]>();
    const late: string[] = [];
    const emitted: string[] = [];
    harness.link.on('message', ({ bytes }) => emitted.push(bytes.toString()));
    server.behavior.onFrame = (connection, { opcode, payload }) => {
      if (opcode === 1) serve(connection, payload);
    };
    const serve = (connection: WsConnection, payload: Buffer) => {
      const { id, text } = parse(payload);
      const roll = random();
      const reaction: Reaction =
        roll < 0.85 ? 'reply' : roll < 0.93 ? 'late' : roll < 0.998 ? 'none' : 'reset';
      reactions.set(String(text), [...(reactions.get(String(text)) ?? []), reaction]);
      if (reaction === 'reset') connection.reset();
      if (reaction === 'reset' || reaction === 'none') return;
      const answer = payload.toString().startsWith('[') ? [3, id, text] : { id, text };
      const delay =
        reaction === 'reply' ? random() * 2000 : REPLY_TIMEOUT_MS + 500 + random() * 1000;
      const reply = Buffer.from(JSON.stringify(answer));
      clock.after(delay, () => connection.send({ fin: true, opcode: 1, payload: reply }));
      // It answers no request.
      if (random() < 0.1)
        connection.send({ fin: true, opcode: 1, payload: Buffer.from('{"id":"none"}') });
    };

    const endings = new Map<string, string[]>();
    const requests: Promise<void>[] = [];
    for (let number = 0; number < REQUESTS; number++) {
      const text = `request ${number}`;
      const match: ReplyMatch =
        random() < 0.5 ? { by: 'property', request: 'id' } : { by: 'array' };
      const payload = match.by === 'array' ? [2, '', text] : { text };
      const end = (ending: string) =>
        void endings.set(text, [...(endings.get(text) ?? []), ending]);
      requests.push(
        link
          .request(payload, {
            match,
            replyTimeoutMs: REPLY_TIMEOUT_MS,
            ...(random() < 0.9 ? { holdMs: 30_000 } : {}),
            emitReply: false,
            emitLate: false,
            onLate: ({ message }) => late.push(String(parse(message.bytes).text)),
          })
          .then(
            ({ message }) => end(`reply to ${String(parse(message.bytes).text)}`),
            (error: unknown) => {
              assert.ok(error instanceof EspAtError, String(error));
              end(error.outcome ?? error.code);
            },
          ),
      );
      if (random() < 0.3) await clock.advance(random() * 300);
    }
    await clock.wait(Promise.all(requests));
    await clock.advance(10_000);

    const count = { reply: 0, sent: 0, 'not-sent': 0, unknown: 0 };
    for (let number = 0; number < REQUESTS; number++) {
      const text = `request ${number}`;
      const [ending = '', ...more] = endings.get(text) ?? [];
      assert.deepEqual(more, [], `${text} settled more than once`);
      const [reaction, ...again] = reactions.get(text) ?? [];
      assert.deepEqual(again, [], `${text} was sent more than once`);
      if (ending.startsWith('reply')) {
        assert.equal(ending, `reply to ${text}`);
        assert.equal(reaction, 'reply');
        count.reply++;
      } else if (ending === 'not-sent') {
        assert.equal(reaction, undefined, `${text} was sent`);
        count['not-sent']++;
      } else {
        assert.ok(ending === 'sent' || ending === 'unknown', `${text} ended as ${ending}`);
        if (ending === 'sent') count.sent++;
        else count.unknown++;
      }
    }
    assert.ok(count.reply > 400 && count.sent > 50 && late.length > 10, JSON.stringify(count));
    assert.ok(server.connections.length > 1, `${server.connections.length} connections`);
    assert.equal(new Set(late).size, late.length, 'a late reply was told twice');
    for (const text of late)
      assert.deepEqual([reactions.get(text), endings.get(text)], [['late'], ['sent']]);
    assert.deepEqual([...new Set(emitted)], ['{"id":"none"}']);
    await harness.end();
    assert.equal(harness.hostClock.pending, 0);
  });
