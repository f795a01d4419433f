import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { asObject, filesIn, object, text } from './project';

interface Import {
  readonly from: string;
  /** A path from the repository's folder, or the name of a package. */
  readonly to: string;
}

const layers = ['driver', 'simulator', 'nodes'] as const;
const runtimes = layers.flatMap(filesIn).filter((path) => /(?<!\.editor|\.d)\.ts$/.test(path));
const imports = runtimes.flatMap(importsOf);
const layerOf = (path: string) => layers.find((layer) => path.startsWith(`${layer}/`));

describe('imports', () => {
  it('are found at all', () => {
    for (const layer of layers) {
      assert.ok(
        imports.some(({ from }) => layerOf(from) === layer),
        `none in ${layer}`,
      );
    }
  });

  it('of the driver stay in the driver, but for serialport and Node.js', () => {
    const strays = imports.filter(
      ({ from, to }) =>
        layerOf(from) === 'driver' && layerOf(to) !== 'driver' && !/^(node:|serialport$)/.test(to),
    );
    assert.deepEqual(strays, []);
  });

  it('of the simulator stay in the simulator, but for Node.js', () => {
    const strays = imports.filter(
      ({ from, to }) =>
        layerOf(from) === 'simulator' && layerOf(to) !== 'simulator' && !to.startsWith('node:'),
    );
    assert.deepEqual(strays, []);
  });

  it('reach the simulator from one file of the nodes only: the one that opens ports', () => {
    const reaching = imports.filter(
      ({ from, to }) => layerOf(from) === 'nodes' && layerOf(to) === 'simulator',
    );
    assert.deepEqual(
      reaching.map(({ from }) => from),
      ['nodes/shared/device/make-device.ts'],
    );
  });

  it('of packages are dependencies, or types alone', () => {
    const dependencies = asObject(object('package.json').dependencies, 'dependencies');
    const packages = imports.filter(
      ({ to }) => layerOf(to) === undefined && !to.startsWith('node:'),
    );
    const missing = packages.filter(({ to }) => !(to in dependencies));
    assert.deepEqual(missing, []);
  });
});

/** What a file imports when it runs: `import type` leaves no trace. */
function importsOf(from: string): Import[] {
  const source = text(from);
  const statements = /^(?:import|export)\s+(?!type\s)[^;]*?\sfrom\s+'([^']+)'/gm;
  const calls = /\b(?:import|require)\('([^']+)'\)/g;
  const bare = /^import\s+'([^']+)'/gm;
  return [statements, calls, bare]
    .flatMap((pattern) => [...source.matchAll(pattern)].map(([, to]) => to ?? ''))
    .map((to) => ({ from, to: to.startsWith('.') ? join(dirname(from), to) + '/' : to }));
}
