import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isVariable, type Check, type Settings } from '../../../nodes/shared/checks/refusal';
import { checks as close } from '../../../nodes/shared/checks/ws-close';
import { checks as request } from '../../../nodes/shared/checks/ws-request';
import { checks as send } from '../../../nodes/shared/checks/ws-send';
import { checks as status } from '../../../nodes/shared/checks/ws-status';
import { near } from '../../harness/near';
import { NodeStub } from '../../harness/nodes/node-stub';

const RUNS = { numRuns: 300 };

interface Dialog {
  readonly checks: Readonly<Record<string, Check>>;
  readonly fields: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** Settings that other fields depend on. */
  readonly choices: fc.Arbitrary<Settings>;
}

const source = fc.constantFrom(undefined, 'num', 'str', 'msg', 'flow', 'global', 'env', 'jsonata');
const hold = fc.record({ whenAway: fc.constantFrom('fail', 'hold') });

const dialogs: Readonly<Record<string, Dialog>> = {
  'ws-send': {
    checks: send,
    choices: hold,
    fields: {
      timeout: near('', '0', '-1', '60000', '60001', '1e3', '0x10'),
      holdSeconds: near('', '0', '1', '86400', '86401'),
      holdMessages: near('', '0', '1', '10000', '10001'),
    },
  },
  'ws-request': {
    checks: request,
    choices: fc
      .record({ match: fc.constantFrom('property', 'array', 'next') })
      .chain((match) => hold.map((away) => ({ ...match, ...away }))),
    fields: {
      timeout: near('', '0', '1', '86400000', '86400001'),
      requestPath: near('id', 'params[0].id', 'a.b', ''),
      replyPath: near('', 'id', 'result[1]'),
      holdSeconds: near('', '0', '1', '86400', '86401'),
    },
  },
  'ws-close': {
    checks: close,
    choices: fc.record({ mode: fc.constantFrom(undefined, 'graceful', 'now') }),
    fields: {
      code: near('', '999', '1000', '1003', '1004', '1005', '3000', '4999', '5000'),
      reason: near('', 'é'.repeat(61), 'é'.repeat(62), 'x'.repeat(123), 'x'.repeat(124)),
    },
  },
  'ws-status': {
    checks: status,
    choices: fc.constant({}),
    fields: { poll: near('', '-1', '0', '86400', '86401') },
  },
};

/** What ends an input of a node whose settings are right, on a device that is not ready. */
const unready = /^(?:DEVICE_|LINK_NOT_OPEN|success)/;

for (const nodeRed of ['node-red', 'node-red-5'] as const) {
  describe(`dialog and runtime of ${nodeRed}`, () => {
    const codes = new NodeStub(nodeRed);

    for (const [type, { checks, fields, choices }] of Object.entries(dialogs)) {
      for (const [field, values] of Object.entries(fields)) {
        it(`agree on any ${field} of ${type}`, async () => {
          await fc.assert(
            fc.asyncProperty(values, choices, async (value, chosen) => {
              fc.pre(!isVariable(value));
              const settings: Settings = { requestPath: 'id', ...chosen, [field]: value };
              const expected = refusalOf(checks, settings);
              const payload = chosen.match === 'array' ? '[2,"id"]' : '{}';
              const found = await codes.of(type, settings, { payload });
              assert.equal(refused(found), type === 'ws-status' && expected ? 'warned' : expected);
            }),
            RUNS,
          );
        });
      }
    }

    for (const [type, field] of [
      ['ws-send', 'payload'],
      ['ws-send', 'timeout'],
      ['ws-request', 'payload'],
      ['ws-request', 'timeout'],
      ['ws-close', 'code'],
      ['ws-close', 'reason'],
    ] as const) {
      it(`agree that ${field} of ${type} needs a text where it has a source`, async () => {
        const checks = dialogs[type]?.checks ?? {};
        await fc.assert(
          fc.asyncProperty(near('', ' ', 'topic'), source, async (text, from) => {
            fc.pre(from !== undefined && from !== 'num' && from !== 'str');
            fc.pre(text.trim() === '');
            const settings: Settings = { match: 'next', [field]: text, [`${field}Type`]: from };
            assert.equal(refusalOf(checks, settings), 'VALUE_UNREADABLE');
            assert.equal(await codes.of(type, settings), 'VALUE_UNREADABLE');
          }),
          { numRuns: 50 },
        );
      });
    }
  });
}

/** The code that a dialog refuses settings with; undefined if it accepts them. */
function refusalOf(checks: Readonly<Record<string, Check>>, settings: Settings) {
  for (const [field, check] of Object.entries(checks)) {
    const refusal = check(settings[field], settings);
    if (refusal) return refusal.code;
  }
  return undefined;
}

function refused(code: string | undefined): string | undefined {
  return code !== undefined && unready.test(code) ? undefined : code;
}
