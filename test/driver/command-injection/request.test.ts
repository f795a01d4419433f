import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EspAtError } from '../../../driver/errors';
import type { OpenOptions } from '../../../driver/link/options';
import { anyText, anyValue } from '../../harness/any-text';
import { unchecked } from '../../harness/refused';
import { RUNS, URI, QUIET, Listening, isHeader, checkOpening } from './listening';

describe('command injection: arbitrary values of a request', () => {
  it('open() opens a link with exactly these values, or writes nothing', async () => {
    const listening = await new Listening().ready();
    const { harness } = listening;
    const [, link] = harness.device.links;
    let opened = 0;
    let refused = 0;
    const uri = fc.oneof(
      fc.constant(URI),
      anyText(),
      anyText().map((text) => `${URI}?${encodeURIComponent(Buffer.from(text).toString())}`),
      anyText().map((text) => `${URI}?${text}`),
    );
    const fields = fc.record({
      uri,
      subprotocol: fc.oneof(fc.constantFrom(undefined, 'chat', 'a, b'), anyValue()),
      timeoutMs: fc.oneof(fc.constantFrom(undefined, 2000), anyValue()),
      authorization: fc.oneof(fc.constantFrom(undefined, 'Bearer "a,b\\c"'), anyText(), anyValue()),
      headers: fc.oneof(
        fc.constant(undefined),
        fc.array(fc.record({ name: fc.oneof(fc.constant('X-A'), anyText()), value: anyText() }), {
          maxLength: 3,
        }),
        anyValue(),
      ),
    });
    // Mostly one field at a time: two that are refused prove no more than one.
    const plain = { subprotocol: undefined, timeoutMs: undefined, authorization: undefined };
    const one = fc
      .tuple(fields, fc.constantFrom('uri', 'subprotocol', 'timeoutMs', 'authorization', 'headers'))
      .map(([all, key]) => ({ ...plain, uri: URI, headers: undefined, [key]: all[key] }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(one, one, fields), async (options) => {
        const requests = harness.server.requests.length;
        const code = await listening.code(link.open(unchecked(options)));
        const heard = listening.heard();
        checkOpening(heard, options);
        if (code?.startsWith('INVALID_')) {
          refused++;
          assert.deepEqual(heard, []);
        } else {
          const headers = (options.headers ?? []) as NonNullable<OpenOptions['headers']>;
          assert.deepEqual(heard.flatMap(({ payload }) => payload?.toString() ?? []).reverse(), [
            ...(isHeader(heard, options.authorization)
              ? [`Authorization: ${String(options.authorization)}`]
              : []),
            ...headers.map(({ name, value }) => `${name}: ${value}`),
          ]);
        }
        if (code === undefined) {
          opened++;
          assert.ok(heard.some(({ name }) => name === 'AT+WSOPEN'));
          assert.equal(harness.server.requests.length, requests + 1);
        }
        await harness.clock.wait(link.close({ graceful: false }));
        listening.heard();
      }),
      RUNS,
    );
    assert.ok(opened > 50 && refused > 50, `${opened} opened, ${refused} refused: too few`);
    await harness.end();
  });

  it('send() sends the message byte for byte, or writes nothing', async () => {
    const listening = await new Listening().ready();
    const { harness } = listening;
    const [link] = harness.device.links;
    let sent = 0;
    const payload = fc.oneof(
      anyText(),
      fc.uint8Array({ maxLength: 600 }),
      fc.constant('\r\nAT+RST\r\n'),
      fc
        .constantFrom(1, 125, 126, 1025, 16_384, 16_385, 40_000)
        .map((size) => Buffer.alloc(size, '>')),
    );
    const options = fc.record({
      opcode: fc.oneof(fc.constantFrom(undefined, 1, 2, 9, 10), anyValue()),
      timeoutMs: fc.oneof(fc.constantFrom(undefined, 0, 60_000), anyValue()),
      fin: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.boolean(), anyValue()),
    });
    await fc.assert(
      fc.asyncProperty(payload, options, async (message, given) => {
        if (link.stateNumber !== 2) await harness.clock.wait(link.open(QUIET));
        listening.heard();
        const connection = harness.server.connections.at(-1);
        assert.ok(connection);
        const before = connection.frames.length;
        const code = await listening.code(link.send(message, unchecked(given)));
        const heard = listening.heard();
        if (code !== undefined) {
          assert.deepEqual(heard, [], code);
          return;
        }
        sent++;
        const bytes = Buffer.from(message);
        if (typeof message === 'string') assert.equal(bytes.toString(), message, 'altered text');
        const parts = heard.map((each) => each.payload ?? Buffer.alloc(0));
        assert.deepEqual(Buffer.concat(parts), bytes);
        for (const { name, values } of heard) {
          assert.equal(name, 'AT+WSSEND');
          assert.equal(values.number(0, 0, 2), 0);
          assert.equal(values.numberOr(3, 0, 60_000, 10_000), given.timeoutMs ?? 10_000);
        }
        const opcode = given.opcode ?? 1;
        assert.equal(heard[0]?.values.numberOr(2, 0, 15, 1), opcode);
        await harness.clock.advance(5);
        const frames = connection.frames.slice(before);
        assert.deepEqual(Buffer.concat(frames.map((frame) => frame.payload)), bytes);
        assert.equal(frames[0]?.opcode, opcode);
        if (opcode === 8) await harness.clock.until(() => link.stateNumber === 0, 10_000);
      }),
      RUNS,
    );
    assert.ok(sent > 80, `${sent} were sent: too few`);
    await harness.end();
  });

  it('close() sends exactly this code and reason, or writes nothing', async () => {
    const listening = await new Listening().ready();
    const { harness } = listening;
    const [link] = harness.device.links;
    let closed = 0;
    const codes = fc.oneof(fc.constantFrom(undefined, 1000, 1001, 3000, 4999), anyValue());
    const reasons = fc.oneof(fc.constant(undefined), anyText(), anyValue());
    await fc.assert(
      fc.asyncProperty(codes, reasons, async (closeCode, reason) => {
        if (link.stateNumber !== 2) await harness.clock.wait(link.open(QUIET));
        listening.heard();
        const given = { code: closeCode, reason };
        const code = await listening.code(link.close(unchecked(given)));
        const heard = listening.heard();
        if (code !== undefined) {
          assert.deepEqual(heard, [], code);
          return;
        }
        closed++;
        if (typeof reason === 'string') assert.equal(Buffer.from(reason).toString(), reason);
        assert.deepEqual(
          heard.map(({ line }) => line),
          [`AT+WSSEND=0,${heard[0]?.payload?.length},8`, 'AT+WSCLOSE=0'],
        );
        const frame = harness.server.connections.at(-1)?.frames.find(({ opcode }) => opcode === 8);
        assert.equal(frame?.payload.readUInt16BE(), closeCode ?? 1000);
        assert.deepEqual(
          frame.payload.subarray(2),
          Buffer.from(typeof reason === 'string' ? reason : ''),
        );
      }),
      RUNS,
    );
    assert.ok(closed > 50, `${closed} were closed: too few`);
    await harness.end();
  });

  it('command() writes exactly this one command, or nothing', async () => {
    const listening = await new Listening().ready();
    const { harness } = listening;
    let said = 0;
    const text = fc.oneof(
      anyValue(),
      anyText().map((rest) => `AT+CIPDOMAIN="${rest}"`),
      anyText().map((rest) => `AT+CWHOSTNAME?${rest}`),
      fc.constantFrom(
        ...['AT', 'AT+GMR', 'AT+RST', 'AT+WSSEND=0,5', 'ATE1', 'AT+CWSTATE?', 'AT+GMR\r\nAT'],
      ),
    );
    await fc.assert(
      fc.asyncProperty(text, async (command) => {
        const code = await listening.code(harness.device.command(unchecked(command)));
        const heard = listening.heard();
        if (code === 'INVALID_COMMAND' || code === 'COMMAND_TOO_LONG') {
          assert.deepEqual(heard, []);
          return;
        }
        said++;
        // The client repeats a refused query once in sync.
        const own = heard.filter(
          ({ line }) => !/^(|AT\+(SYSLOG|SYSSTORE|CWMODE|WSOPEN)\?)$/.test(line),
        );
        assert.ok(own.length > 0);
        for (const { line } of own) assert.equal(line, command);
      }),
      RUNS,
    );
    assert.ok(said > 50, `${said} were said: too few`);
    await harness.end();
  });

  it('link() with an unknown link writes nothing', async () => {
    const listening = await new Listening().ready();
    fc.assert(
      fc.property(anyValue(), (id) => {
        try {
          const { id: found } = listening.harness.device.link(id);
          assert.equal(String(found), String(id));
        } catch (error) {
          assert.ok(error instanceof EspAtError && error.code === 'INVALID_LINK', String(error));
        }
      }),
      RUNS,
    );
    assert.deepEqual(listening.heard(), []);
    await listening.harness.end();
  });
});
