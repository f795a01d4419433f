import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EspAtError, errorCodes, type ErrorDetails } from '../../driver/errors';
import { linkStateNames, type LinkState } from '../../driver/link/options';
import { sentenceOf, toNodeError, wordsKey } from '../../nodes/shared/message/node-error';
import { deviceStatus, linkStatus, shortReason } from '../../nodes/shared/message/status-texts';
import type { Translate } from '../../nodes/shared/message/translate';
import { asObject, asText, object, root, text } from '../package/project';

/** Looks texts up in the catalog of a language, as Node-RED does. */
function catalog(language: string): Translate {
  const texts = object(`locales/${language}/shared.json`);
  return (key, values = {}) => {
    const [group = '', ...rest] = key.split('.');
    let found: unknown = texts[group];
    for (const name of rest) found = found === undefined ? undefined : asObject(found, key)[name];
    if (found === undefined) return key;
    return asText(found, key).replace(/__(\w+?)__/g, (_, name: string) =>
      String(values[name] ?? ''),
    );
  };
}

const english = catalog('en-US');
const chinese = catalog('zh-CN');
/** A value for whatever a sentence mentions. */
const details: ErrorDetails = new Proxy<Record<string, string>>(
  {},
  {
    get: (_, name) => `<${String(name)}>`,
    ownKeys: () => [...names],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  },
);
const names = new Set(
  [...text('driver/errors.ts').matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''),
);

/** Fixed words that a sentence may hold as a value, as the source has them. */
function fixedWords(): string[] {
  const sources = ['driver', 'nodes'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      // What a frame of garbage is called is nobody's sentence.
      .filter((path) => path.endsWith('.ts') && !/^at.parser/.test(path))
      .map((path) => text(join(folder, path))),
  );
  const plain =
    /(?:reason|material): (['"])((?:(?!\1).)+)\1|invalid\((?:'\w+', )?(['"])((?:(?!\3).)+)\3\)/g;
  return sources.flatMap((source) =>
    [...source.matchAll(plain)].map(([, , value, , argument]) => value ?? argument ?? ''),
  );
}

describe('sentences about errors', () => {
  it('are in English what the driver says', () => {
    for (const code of errorCodes) {
      const error = new EspAtError(code, details);
      assert.equal(sentenceOf(english, error), error.message, code);
    }
  });

  it('are all in Chinese, with the same values', () => {
    for (const code of errorCodes) {
      const error = new EspAtError(code, details);
      const sentence = sentenceOf(chinese, error);
      assert.match(sentence, /\p{Script=Han}/u, code);
      const values = (of: string) => [...of.matchAll(/<\w+>/g)].map(([value]) => value).sort();
      assert.deepEqual(values(sentence), values(error.message), code);
    }
  });

  it('have their fixed words translated, too', () => {
    const words = fixedWords();
    assert.ok(words.length > 15, `${words.length} found`);
    for (const value of words) {
      const key = `words.${wordsKey(value)}`;
      if (wordsKey(value) === 'ca') continue; // The same everywhere.
      assert.equal(english(key), value, key);
      assert.match(chinese(key), /\p{Script=Han}/u, key);
    }
  });

  it('say the reason of a reason in the same language', () => {
    const cause = new EspAtError('PORT_LOST', { port: 'COM3' });
    const error = new EspAtError('SEND_UNKNOWN', { link: 0, reason: cause.message }, { cause });
    const sentence = sentenceOf(chinese, error);
    assert.doesNotMatch(sentence, /went away/);
    assert.match(sentence, /COM3/);
    assert.doesNotMatch(sentence, /。。/);
  });

  it('reach Catch as an error with the code, and nothing else that could be copied', () => {
    const cause = new Error('inner');
    const error = toNodeError(chinese, new EspAtError('LINK_NOT_OPEN', { link: 2 }, { cause }));
    assert.equal(String(error), sentenceOf(chinese, new EspAtError('LINK_NOT_OPEN', { link: 2 })));
    assert.deepEqual(Object.entries(error), [
      ['name', 'NodeError'],
      ['code', 'LINK_NOT_OPEN'],
    ]);
    assert.equal(error.cause, undefined);
  });

  it('are made of anything that was thrown', () => {
    assert.equal(toNodeError(english, 'text').message, 'text');
    const other = new TypeError('a bug');
    assert.equal(toNodeError(english, other), other);
  });
});

describe('statuses', () => {
  it('are short texts in both languages, for each state of a link and of the device', () => {
    for (const translate of [english, chinese]) {
      const shown: string[] = [];
      for (const state of [0, 1, 2, 3, 4] satisfies LinkState[]) {
        shown.push(linkStatus(translate, { state, uri: '' }).text ?? '');
      }
      for (const state of ['stopped', 'absent', 'starting', 'recovering', 'unusable'] as const) {
        shown.push(deviceStatus(translate, { state })?.text ?? '');
      }
      shown.push(linkStatus(translate, { state: 0, uri: '', event: 'opening' }).text ?? '');
      shown.push(
        linkStatus(translate, { state: 0, uri: '', event: 'retrying', retryIn: 1234 }).text ?? '',
      );
      for (const status of shown) assert.match(status, /^[^._]{2,32}$/);
    }
    assert.equal(deviceStatus(english, { state: 'ready' }), undefined);
    assert.equal(linkStateNames.length, 5);
  });

  it('name the host of an open link, never its credentials, path or query', () => {
    for (const [uri, shown] of [
      ['wss://user:secret@example.org:8443/path?token=1', 'example.org:8443'],
      ['ws://[::1]:80/', '[::1]'],
      ['ws://host/"', 'host'],
      ['', 'established'],
    ]) {
      assert.equal(linkStatus(english, { state: 2, uri: uri ?? '' }).text, shown);
    }
  });

  it('tell a failure in a few words wherever one can be shown', () => {
    // What only a message can cause never becomes the status of a link or a device.
    const ofMessages =
      /^(INVALID_(LINK|OPCODE|PAYLOAD|TIMEOUT|COMMAND|CLOSE_CODE)|TEMPLATE_|PAYLOAD_|EMPTY_|FRAGMENTS_|LINK_|SEND_|QUEUE_|HOLD_|ABORTED|MESSAGE|NOT_JSON|COMMAND_TOO)/;
    for (const code of errorCodes.filter((each) => !ofMessages.test(each))) {
      for (const translate of [english, chinese]) {
        const words = shortReason(translate, new EspAtError(code, {}));
        assert.notEqual(words, code);
        assert.ok(words.length <= 32, words);
      }
    }
  });
});
