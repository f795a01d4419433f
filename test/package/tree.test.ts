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
  const languages = ['en-US', 'zh-CN'];
  const catalogs = (language: string): string[] =>
    filesIn(`locales/${language}`).map((path) => path.slice(`locales/${language}/`.length));

  it('have the same files', () => {
    assert.ok(catalogs('en-US').length > 0, 'there are no catalogs');
    for (const language of languages) assert.deepEqual(catalogs(language), catalogs('en-US'));
  });

  it('have the same labels, none of them empty', () => {
    for (const file of catalogs('en-US').filter((name) => name.endsWith('.json'))) {
      const english = labels(object(`locales/en-US/${file}`));
      for (const language of languages) {
        const here = labels(object(`locales/${language}/${file}`));
        assert.deepEqual(
          [...here.keys()].sort(),
          [...english.keys()].sort(),
          `${language}/${file}`,
        );
        const empty = [...here].filter(([, label]) => label.trim() === '').map(([key]) => key);
        assert.deepEqual(empty, [], `${language}/${file}`);
      }
    }
  });

  it('have the same placeholders in each sentence', () => {
    for (const file of catalogs('en-US').filter((name) => name.endsWith('.json'))) {
      const english = labels(object(`locales/en-US/${file}`));
      for (const language of languages) {
        for (const [key, label] of labels(object(`locales/${language}/${file}`))) {
          const where = `${language}/${file} ${key}`;
          assert.deepEqual(placeholders(label), placeholders(english.get(key) ?? ''), where);
        }
      }
    }
  });

  it('have help with the same code, headings, properties and links', () => {
    for (const file of catalogs('en-US').filter((name) => name.endsWith('.html'))) {
      const [english, chinese] = ['en-US', 'zh-CN'].map((language) => {
        const html = text(`locales/${language}/${file}`);
        const all = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, found]) => found);
        return {
          structure: all(/<(h3|dl|dt|ol|ul|li|a)[ >]/g),
          code: [...new Set(all(/<code>(.*?)<\/code>/gs))].sort(),
        };
      });
      assert.deepEqual(chinese, english, file);
    }
  });

  it('have help for the node of the file name', () => {
    for (const file of catalogs('en-US').filter((name) => name.endsWith('.html'))) {
      for (const language of languages) {
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
