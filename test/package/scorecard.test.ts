import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { node } from './npm';
import { asObject, nodeFiles, notBuilt, object, root, text } from './project';

describe('scorecard', { skip: notBuilt() }, () => {
  it('of the Node-RED library: every offline rule passes', () => {
    const script = join(root, 'scripts', 'scorecard.mjs');
    const { status, stdout } = node([script, '--offline']);
    assert.equal(status, 0, stdout);
    assert.equal([...stdout.matchAll(/^ok /gm)].length, 11, stdout);
  });

  it('all nodes have the same colour', () => {
    const colours = [...nodeFiles().values()].map(
      (path) => /\bcolor: '([^']+)'/.exec(text(path.replace(/\.js$/, '.html')))?.[1],
    );
    assert.deepEqual([...new Set(colours)], ['#7FC4BF']);
  });

  it('the editor asks for labels by the name in package.json', () => {
    const name = String(object('package.json').name);
    assert.ok(text('nodes/shared/editor/editor.js').includes(`RED._(\`${name}/\${type}:`));
  });

  it('dependencies are caret ranges', () => {
    for (const range of Object.values(asObject(object('package.json').dependencies, 'them')))
      assert.match(String(range), /^\^\d+\.\d+\.\d+$/);
  });
});
