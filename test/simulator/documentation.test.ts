import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { faults, formatSettings } from '../../simulator/faults';

const ROOT = join(__dirname, '..', '..');

describe('docs/simulator.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'simulator.md'), 'utf8');

  for (const { name, description, takes, defaults } of faults) {
    it(`documents the fault ${name}, its settings and its defaults`, () => {
      const usual = formatSettings(defaults);
      const value = usual === '' ? '' : `\`${usual}\``;
      const row = `| \`${name}\` | ${description} | ${takes.join(', ')} | ${value} |`;
      assert.ok(page.includes(row), row);
    });
  }
});
