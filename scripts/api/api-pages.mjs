// Pages of the public API, from the doc comments: api.mjs has API Extractor write dist/api/ENTRY.api.json, and this
// file makes docs/api/ENTRY.md of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.mjs';

const kinds = {
  Class: 'Classes',
  Function: 'Functions',
  Interface: 'Interfaces',
  TypeAlias: 'Types',
  Variable: 'Values',
};

/** The page of an entry point: `driver` or `simulator`. */
export function apiPage(entry) {
  const model = JSON.parse(readFileSync(join(root, 'dist', 'api', `${entry}.api.json`), 'utf8'));
  const [{ members }] = model.members;
  const parts = Object.entries(kinds).flatMap(([kind, title]) => {
    const own = members.filter((member) => member.kind === kind);
    return own.length === 0 ? [] : [{ title, own }];
  });
  const names = new Set(members.map(({ name }) => name));
  const index = parts.map(
    ({ title, own }) =>
      `- ${title}: ${own.map(({ name }) => `[${name}](#${anchor(name)})`).join(', ')}`,
  );
  return [
    `# API of the ${entry}`,
    '',
    '<!-- Written by `npm run api -- --local` from the doc comments: change those. -->',
    '',
    `\`require('${model.name}/${entry}')\``,
    '',
    ...index,
    ...parts.flatMap(({ title, own }) => [
      '',
      `## ${title}`,
      ...own.flatMap((item) => section(item, names)),
    ]),
    '',
  ].join('\n');
}

const anchor = (name) => name.toLowerCase();

function section(item, names) {
  return [
    '',
    `### ${item.name}`,
    '',
    ...lines(item.docComment).map((line) => linked(line, names)),
    ...(lines(item.docComment).length > 0 ? [''] : []),
    '```ts',
    ...declaration(item),
    '```',
  ];
}

/** The declaration as in the types, with the comments of its members. */
function declaration({ excerptTokens, members }) {
  const text = excerpt(excerptTokens).replace(/^export (declare )?/, '');
  if (members === undefined) return text.split('\n');
  const inner = members.flatMap((member) => {
    const comment = lines(member.docComment).map(unlinked);
    return [
      ...(comment.length === 1 ? [`  /** ${comment[0]} */`] : []),
      ...(comment.length > 1
        ? ['  /**', ...comment.map((line) => `   * ${line}`.trimEnd()), '   */']
        : []),
      ...excerpt(member.excerptTokens)
        .split('\n')
        .map((line) => `  ${line}`),
    ];
  });
  return [`${text.trim()} {`, ...inner, '}'];
}

const excerpt = (tokens) => tokens.map(({ text }) => text).join('');

/** The text of a doc comment. */
function lines(comment = '') {
  const text = comment
    .replace(/^\/\*\*\n?|\n? ?\*\/\n?$/g, '')
    .replace(/^ \* ?/gm, '')
    // API Extractor's own words about constructors, and its empty lines behind tags.
    .replace(/Constructs a new instance of the `\w+` class/, '')
    .replace(/@(throws|returns|remarks)\n\n/g, '@$1 ')
    .trim();
  return text === '' ? [] : text.split('\n');
}

const LINK = /\{@link ([\w.]+)(?: ?\| ?([^}]+))?\}/g;

const unlinked = (line) => line.replace(LINK, (_, name, shown) => shown ?? name);

/** A line as Markdown: links, and bold tags. */
function linked(line, names) {
  return line
    .replace(LINK, (_, name, shown = name) => {
      const [item] = name.split('.');
      return names.has(item) ? `[${shown}](#${anchor(item)})` : `\`${shown}\``;
    })
    .replace(/^@param (\w+) -? ?/, '- `$1`: ')
    .replace(/^@returns /, '- returns ')
    .replace(/^@throws /, '- throws ')
    .replace(/^@(\w+)/, '**$1**');
}
