import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { filesIn, root, text } from './project';

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...filesIn('docs').filter((path) => path.endsWith('.md')),
];

describe('pages', () => {
  for (const page of pages) {
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

  it('are told apart from pages with links that lead nowhere', () => {
    assert.ok(anchors('docs/wiring.md').includes('which-pins'));
    assert.ok(!anchors('docs/wiring.md').includes('which-pin'));
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
