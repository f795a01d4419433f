// Lets Node.js run the TypeScript of this repository: `node --require ./scripts/typescript.cjs FILE.ts`. Each file
// is compiled once, without a check of its types; a process that finds all files compiled starts in a fraction of
// the time that tsx needs, which counts for the many processes of `npm test`.
const { createHash } = require('node:crypto');
const {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');

const folder = join(__dirname, '..', 'node_modules', '.cache', 'esp-at-typescript');
mkdirSync(folder, { recursive: true });
/** A week. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;
process.setSourceMapsEnabled(true);

Module._extensions['.ts'] = (module, path) => module._compile(compiled(path), path);

// `import('./parser.js')` means the file that parser.ts compiles to.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  const source = /^\.{1,2}\/.*\.js$/.test(request) ? request.slice(0, -'.js'.length) : request;
  try {
    return resolve.call(this, request, ...rest);
  } catch (error) {
    if (source === request) throw error;
    return resolve.call(this, source, ...rest);
  }
};

/** Stands for what compile() does. */
const compiler = `${readFileSync(module.filename, 'utf8')} ${require('esbuild/package.json').version}`;

/** The JavaScript of a file; from the cache when neither its text nor the compiler has changed. */
function compiled(path) {
  const text = readFileSync(path, 'utf8');
  const name = createHash('sha256')
    .update(`${process.version} ${compiler} ${path}\n${text}`)
    .digest('hex');
  const stored = join(folder, `${name}.js`);
  try {
    return readFileSync(stored, 'utf8');
  } catch {
    const code = compile(path, text);
    // Several processes may compile the same file at once: each writes its own and renames it.
    writeFileSync(`${stored}.${process.pid}`, code);
    renameSync(`${stored}.${process.pid}`, stored);
    return code;
  }
}

function compile(path, text) {
  const { transformSync } = require('esbuild');
  return transformSync(text, {
    loader: 'ts',
    format: 'cjs',
    target: 'es2022',
    sourcefile: path,
    sourcemap: 'inline',
    sourcesContent: false,
    // TypeScript's compiler makes strict code of each module.
    banner: '"use strict";',
    // Turns import() into require(): Node.js's own import() would bypass this hook.
    supported: { 'dynamic-import': false },
  }).code;
}

/** Removes files from the cache that are older than a week: each edit of a source leaves one. */
function prune() {
  const oldest = Date.now() - MAX_AGE_MS;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    // Another process may have removed it.
    if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < oldest)
      rmSync(path, { force: true });
  }
}

module.exports = { compiled, prune };
