import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { join } from 'node:path';
import { faults } from '../../../simulator';
import { asObject, asText, root } from '../../package/project';

/** The bundles of modules, by type. The script, an ES module, runs in a process of its own. */
function bundles(types: readonly string[]): Readonly<Record<string, unknown>> {
  const script = (name: string) => JSON.stringify(pathToFileURL(join(root, 'scripts', name)).href);
  const program = `import { browserBundle } from ${script('browser-bundle.mjs')};
    import { faultTable } from ${script('dialogs.mjs')};
    const [types, faults] = ${JSON.stringify([types, faults])};
    const replaced = { 'simulator/faults/all.ts': faultTable(faults) };
    const made = types.map((type) => [type, browserBundle('nodes/shared/checks/' + type + '.ts', replaced)]);
    process.stdout.write(JSON.stringify(Object.fromEntries(made)));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  return asObject(JSON.parse(printed), 'bundles');
}

describe('the checks bundled for the editor', () => {
  const sources = bundles(['esp-at-device', 'ws-open', 'ws-send', 'ws-close', 'ws-status']);
  for (const [type, field, value, code] of [
    ['esp-at-device', 'port', 'sim:?fault=lose=2%25,to-host', undefined],
    ['esp-at-device', 'port', 'sim:?fault=lose=soon', 'INVALID_SETTING'],
    ['esp-at-device', 'port', 'sim:?fault=restart=0', undefined],
    ['esp-at-device', 'port', 'sim:?fault=busy=0', 'INVALID_SETTING'],
    ['ws-open', 'uri', 'ws://host:99999/', 'INVALID_URI'],
    ['ws-open', 'uri', 'ws://{{host', 'TEMPLATE_FAILED'],
    ['ws-send', 'timeout', '60001', 'INVALID_TIMEOUT'],
    ['ws-close', 'code', '1005', 'INVALID_CLOSE_CODE'],
    ['ws-status', 'poll', 'x', 'INVALID_CONFIG'],
  ] as const) {
    it(`${type}, ${field} ${value}: run without Node.js, with the same result`, () => {
      const source = asText(sources[type], type);
      const page = createContext({ TextEncoder, URLSearchParams, value });
      const refusal: unknown = runInContext(`(${source}).checks.${field}(value, {})`, page);
      assert.equal(refusal && asObject(refusal, 'refusal').code, code);
    });
  }
});
