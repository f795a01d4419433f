// Puts a TypeScript module and the modules that it imports into one expression for the editor: the checks of the
// settings run in the browser as they do in Node-RED. It takes modules that need no Node.js.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';
import { root } from './root.mjs';

const compilerOptions = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2022,
  removeComments: true,
};

/**
 * @param {string} entry path of the module in the repository, with `/`
 * @param {Readonly<Record<string, string>>} replaced code in place of modules, by their path, with `/`
 * @returns {string} a JavaScript expression whose value are the module's exports
 */
export function browserBundle(entry, replaced = {}) {
  const modules = new Map();
  add(entry);
  const code = [...modules].map(
    ([path, { source }]) =>
      `${JSON.stringify(path)}: (module, exports, require) => {\n${source}\n}`,
  );
  return `(() => {
const modules = {\n${code.join(',\n')}\n};
const loaded = {};
const load = (path) => {
  if (!loaded[path]) modules[path]((loaded[path] = { exports: {} }), loaded[path].exports, load);
  return loaded[path].exports;
};
return load(${JSON.stringify(entry)});
})()`;

  function add(path) {
    if (modules.has(path)) return;
    const module = { source: '' };
    modules.set(path, module);
    const { outputText } = ts.transpileModule(
      replaced[path] ?? readFileSync(join(root, path), 'utf8'),
      {
        compilerOptions,
      },
    );
    module.source = outputText
      .replace(/require\("([^"]+)"\)/g, (_, name) => {
        const target = resolved(path, name);
        add(target);
        return `require(${JSON.stringify(target)})`;
      })
      .replace(/^\/\/# sourceMappingURL.*$/m, '')
      // A script in HTML ends at its closing tag.
      .replaceAll('</script', '<\\/script')
      .trim();
  }
}

function resolved(importer, name) {
  if (name.startsWith('node:'))
    throw new Error(`${importer} needs ${name}: it cannot run in a browser`);
  if (!name.startsWith('.'))
    return withSlashes(relative(root, createRequire(join(root, importer)).resolve(name)));
  const path = join(dirname(importer), name);
  const isFile = existsSync(join(root, `${path}.ts`));
  return withSlashes(isFile ? `${path}.ts` : join(path, 'index.ts'));
}

/** The path of a module with `/`, on Windows too: `replaced` and the browser's code name modules so. */
export function withSlashes(path, separator = sep) {
  return path.replaceAll(separator, '/');
}
