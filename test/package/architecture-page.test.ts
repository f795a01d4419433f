import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root, text } from './project';

describe('docs/architecture.md', () => {
  const [, map = ''] = text('docs/architecture.md').split('```');
  const named = new Set(map.match(/[a-z]+(-[a-z]+)*/g));

  for (const folder of ['driver', 'driver/at']) {
    it(`names every file in ${folder}`, () => {
      const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts'));
      assert.ok(files.length > 10);
      const missing = files
        .map((name) => name.replace(/\.ts$/, ''))
        .filter((name) => {
          // The framer is one thing in several files.
          return !named.has(name.startsWith('framer-') ? 'framer' : name);
        });
      assert.deepEqual(missing, []);
    });
  }
});
