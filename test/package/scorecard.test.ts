import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { asObject, nodeFiles, notBuilt, object, root, text } from './project';

describe('scorecard', { skip: notBuilt() }, () => {
  it('of the Node-RED library passes in every rule that needs no network', () => {
    const script = join(root, 'scripts', 'scorecard.mjs');
    const { status, stdout } = spawnSync(process.execPath, [script, '--offline'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
    assert.equal([...stdout.matchAll(/^ok /gm)].length, 11, stdout);
  });

  it('finds the same colour in all nodes', () => {
    const colours = [...nodeFiles().values()].map(
      (path) => /\bcolor: '([^']+)'/.exec(text(path.replace(/\.js$/, '.html')))?.[1],
    );
    assert.deepEqual([...new Set(colours)], ['#7FC4BF']);
  });

  it('finds the name in the editor that package.json has: labels are asked for by it', () => {
    const name = String(object('package.json').name);
    assert.ok(text('nodes/shared/editor/editor.js').includes(`RED._(\`${name}/\${type}:`));
  });

  it('finds dependencies by version, none by address', () => {
    for (const range of Object.values(asObject(object('package.json').dependencies, 'them')))
      assert.match(String(range), /^\^\d+\.\d+\.\d+$/);
  });
});
