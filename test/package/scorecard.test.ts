import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asObject, asText, examples, filesIn, nodeFiles, notBuilt, object, text } from './project';

/** The rules of the Node-RED library's scorecard, checked without asking the network. */
describe('scorecard', () => {
  const manifest = object('package.json');

  it('names a licence, and has its text', () => {
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(text('LICENSE'), /Apache License/);
  });

  it('says where the source is', () => {
    const { url } = asObject(manifest.repository, 'repository');
    assert.match(asText(url, 'repository.url'), /^git\+https:\/\/\S+\.git$/);
  });

  it('is found by the keyword node-red', () => {
    assert.ok(Array.isArray(manifest.keywords));
    assert.ok(manifest.keywords.includes('node-red'));
  });

  it('name is scoped, as Node-RED asks since 2022', () => {
    assert.match(asText(manifest.name, 'name'), /^@[a-z0-9-]+\/node-red(-[a-z0-9-]+)?$/);
  });

  it('tells the oldest Node-RED it runs on', () => {
    const { version } = asObject(manifest['node-red'], 'node-red');
    assert.equal(version, '>=4.1.0');
  });

  it('admits every Node.js that Node-RED 4.1 and 5.0 share with serialport: 20 and newer', () => {
    assert.equal(asObject(manifest.engines, 'engines').node, '>=20');
  });

  it('has at most six dependencies, none by address', () => {
    const dependencies = Object.values(asObject(manifest.dependencies, 'dependencies'));
    assert.ok(dependencies.length <= 6, `${dependencies.length} dependencies`);
    for (const range of dependencies) assert.match(asText(range, 'range'), /^\^\d+\.\d+\.\d+$/);
  });

  it('registers each type once, in words the library can read', { skip: notBuilt() }, () => {
    for (const [type, path] of nodeFiles()) {
      const html = text(path.replace(/\.js$/, '.html'));
      const literals = [...html.matchAll(/registerType\(\s*(['"])([^'"]+)\1/g)].map(([, , t]) => t);
      assert.deepEqual(literals, [type], path);
    }
  });

  it(
    'shows category, colour, icon and defaults in words the library can read',
    { skip: notBuilt() },
    () => {
      const icons = filesIn('icons').map((path) => path.slice('icons/'.length));
      const colours = new Set<string | undefined>();
      for (const [type, path] of nodeFiles()) {
        const html = text(path.replace(/\.js$/, '.html'));
        const literal = (name: string) => new RegExp(`\\b${name}: '([^']+)'`).exec(html)?.[1];
        assert.equal(literal('category'), type === 'esp-at-device' ? 'config' : 'ESP_AT');
        assert.ok(icons.includes(String(literal('icon'))), `${type}: ${String(literal('icon'))}`);
        assert.match(html, /\bdefaults: \{\n/);
        colours.add(literal('color'));
      }
      assert.deepEqual([...colours], ['#7FC4BF']);
    },
  );

  it('shows every node in an example', () => {
    const shown = new Set([...examples().values()].flat().map(({ type }) => type));
    assert.deepEqual(
      [...nodeFiles().keys()].filter((type) => !shown.has(type)),
      [],
    );
  });
});
