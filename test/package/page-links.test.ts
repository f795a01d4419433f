import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { asObject, filesIn, object, pages, root, text } from './project';

describe('pages', () => {
  for (const page of pages()) {
    it(`${page} links to what is there`, () => {
      for (const [, link = ''] of text(page).matchAll(/\]\(([^)]+)\)/g)) {
        if (link.startsWith('https://')) continue;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(join(root, target)), `${link} is not there`);
        if (anchor !== undefined)
          assert.ok(anchors(target).includes(anchor), `${link}: no heading`);
      }
    });
  }

  it('docs/index.md links to every page', () => {
    const linked = [...text('docs/index.md').matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) =>
      join('docs', link),
    );
    assert.deepEqual(
      pages().filter((page) => page !== 'docs/index.md' && !linked.includes(page)),
      [],
    );
  });

  it('every page names only tests and paths that are there', () => {
    const tests = new Set(filesIn('test').map((path) => basename(path)));
    const paths = /`((?:driver|simulator|nodes|test|scripts|bench|locales|examples)\/[\w./-]*)`/g;
    for (const page of pages()) {
      for (const [, name = ''] of text(page).matchAll(/([\w-]+\.test\.ts)/g))
        assert.ok(tests.has(name), `${page}: ${name}`);
      for (const [, path = ''] of text(page).matchAll(paths))
        // Pages name the recordings of all classes as `class-X`.
        assert.ok(existsSync(join(root, path.replace('-X', '-A'))), `${page}: ${path}`);
    }
  });

  it('every page names only scripts of package.json', () => {
    const scripts = Object.keys(asObject(object('package.json').scripts, 'scripts'));
    for (const page of pages())
      for (const [command, name = ''] of text(page).matchAll(/\bnpm run ([a-z]+)/g))
        assert.ok(scripts.includes(name), `${page}: ${command}`);
  });
});

/** The headings of a page as GitHub names them in links. */
function anchors(page: string): string[] {
  return [...text(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
