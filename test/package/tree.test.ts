import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asText, filesIn, keptFiles, object, text } from './project';

/** Folders that only one person's machine has; in parts, so that this file does not find itself. */
const machinePaths = new RegExp(
  ['/wo' + 'rk/', '/ro' + 'ot/', '/ho' + 'me/\\w', '/Us' + 'ers/\\w', 'C:\\\\Us' + 'ers'].join('|'),
);

describe('files of the repository', () => {
  const kept = keptFiles();
  const skip = kept === undefined ? 'there is no Git repository here' : false;

  it('contain no paths of a developer’s machine', { skip }, () => {
    const texts = (kept ?? []).filter((path) => !/\.(png|jpe?g|ico|woff2?)$/.test(path));
    const found = texts.filter((path) => machinePaths.test(text(path)));
    assert.deepEqual(found, []);
  });

  it('package-lock.json names no registry', () => {
    assert.doesNotMatch(text('package-lock.json'), /"resolved"/);
  });
});

describe('other systems than Linux', () => {
  const sources = ['driver', 'simulator', 'nodes']
    .flatMap(filesIn)
    .filter((path) => path.endsWith('.ts'));
  const code = (path: string) => text(path).replace(/\/\*[^]*?\*\/|\/\/.*/g, '');

  it('only the list of ports reads /dev, /sys and /proc, and only on Linux', () => {
    const found = sources.filter((path) => /['"`]\/?(dev|sys|proc)\//.test(code(path)));
    assert.deepEqual(found, ['driver/port/list.ts']);
    assert.match(
      text('driver/port/list.ts'),
      /platform === 'linux' \? listLinux\(root\) : listOthers\(\)/,
    );
  });

  it('driver, simulator and nodes start no other program', () => {
    assert.deepEqual(
      sources.filter((path) => code(path).includes('child_process')),
      [],
    );
  });
});

describe('languages', () => {
  const [english, chinese] = ['en-US', 'zh-CN'].map((language) =>
    filesIn(`locales/${language}`).map((path) => path.slice(`locales/${language}/`.length)),
  );
  const catalogs = (english ?? []).filter((name) => name.endsWith('.json'));
  const helps = (english ?? []).filter((name) => name.endsWith('.html'));

  it('have the same files', () => {
    assert.ok(catalogs.length > 0, 'there are no catalogs');
    assert.deepEqual(chinese, english);
  });

  for (const file of catalogs)
    it(`${file}: have the same labels, none of them empty, and the same placeholders in each`, () => {
      const [en, zh] = ['en-US', 'zh-CN'].map((language) =>
        [...labels(object(`locales/${language}/${file}`))].sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      const shape = (texts: typeof en) =>
        texts?.map(([key, label]) => [key, label.trim() === '', placeholders(label)]);
      assert.deepEqual(shape(zh), shape(en));
      assert.deepEqual(
        en?.filter(([, label]) => label.trim() === ''),
        [],
      );
    });

  it('have help with the same code, headings, properties and links', () => {
    for (const file of helps) {
      const [en, zh] = ['en-US', 'zh-CN'].map((language) => {
        const html = text(`locales/${language}/${file}`);
        const all = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, found]) => found);
        return {
          structure: all(/<(h3|dl|dt|ol|ul|li|a)[ >]/g),
          code: [...new Set(all(/<code>(.*?)<\/code>/gs))].sort(),
        };
      });
      assert.deepEqual(zh, en, file);
    }
  });

  it('have help for the node of the file name', () => {
    for (const file of helps) {
      for (const language of ['en-US', 'zh-CN']) {
        const html = text(`locales/${language}/${file}`);
        const named = [...html.matchAll(/data-help-name="([^"]+)"/g)].map(([, name]) => name);
        assert.deepEqual(named, [file.replace(/\.html$/, '')], `${language}/${file}`);
      }
    }
  });
});

/** All texts of a catalog, by their path. */
function labels(catalog: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(catalog).flatMap(([key, value]: [string, unknown]) => {
      const here = path === '' ? key : `${path}.${key}`;
      return typeof value === 'object' && value !== null
        ? [...labels(value, here)]
        : [[here, asText(value, here)] as const];
    }),
  );
}

function placeholders(label: string): string[] {
  return [...new Set([...label.matchAll(/__(\w+?)__/g)].map(([, name]) => name ?? ''))].sort();
}
