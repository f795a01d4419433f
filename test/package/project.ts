import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The repository's folder. */
export const root = join(__dirname, '..', '..');

export type Json = Readonly<Record<string, unknown>>;

/** A file of the repository as text. */
export function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A file of the repository that holds a JSON object. */
export function object(path: string): Json {
  return asObject(JSON.parse(text(path)), path);
}

export function asObject(value: unknown, what: string): Json {
  assert.ok(isObject(value), `${what} is no object`);
  return value;
}

export function asText(value: unknown, what: string): string {
  assert.ok(typeof value === 'string', `${what} is no text`);
  return value;
}

/** A JSON array whose entries are objects. */
export function asObjects(value: unknown, what: string): readonly Json[] {
  assert.ok(Array.isArray(value), `${what} is no array`);
  return value.map((entry: unknown, index) => asObject(entry, `${what}[${index}]`));
}

/** Paths of the files in a folder and below, from the repository's folder, with `/` on every system. */
export function filesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
}

/** The Markdown pages for people. */
export function pages(): string[] {
  const pages = filesIn('docs').filter((path) => path.endsWith('.md'));
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...pages];
}

/** Paths of all files that Git keeps; undefined where there is no Git or no repository. */
export function keptFiles(): string[] | undefined {
  if (!existsSync(join(root, '.git'))) return undefined;
  try {
    const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
    return listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  } catch {
    return undefined;
  }
}

/** The node types that package.json names, with their compiled files. */
export function nodeFiles(): ReadonlyMap<string, string> {
  const stanza = asObject(object('package.json')['node-red'], 'node-red');
  return new Map(
    Object.entries(asObject(stanza.nodes, 'node-red.nodes')).map(([type, path]) => [
      type,
      asText(path, type),
    ]),
  );
}

/** The settings that the dialog of a node type stores. */
export function storedSettings(type: string): readonly string[] {
  const [, defaults = ''] =
    /\n {6}defaults: \{\n([^]*?)\n {6}\},\n/.exec(text(`nodes/${type}.html`)) ?? [];
  return [...defaults.matchAll(/^ {8}(\w+):/gm)].map(([, field = '']) => field);
}

/** The flows in `examples/`, by file name. */
export function examples(): ReadonlyMap<string, readonly Json[]> {
  return new Map(
    filesIn('examples').map((path) => [path, asObjects(JSON.parse(text(path)), path)]),
  );
}

/** The examples that need no package besides this one. */
export function bareExamples(): ReadonlyMap<string, readonly Json[]> {
  const needsDashboard = (flow: readonly Json[]) =>
    flow.some(({ type }) => asText(type, 'type').startsWith('ui-'));
  return new Map([...examples()].filter(([, flow]) => !needsDashboard(flow)));
}

/** Why a test of compiled files cannot run, or false. */
export function notBuilt(): string | false {
  const missing = [...nodeFiles().values()].find((path) => !existsSync(join(root, path)));
  return missing === undefined ? false : `${missing} is not built: npm run build`;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
