import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { asObject, asText, nodeFiles, root } from '../../package/project';

/**
 * Names of the text fields in the built dialog of each node type. Fields in a table of links are `links.<field>`; fields in a
 * list of headers, which its script makes, `headers.<field>`.
 */
export function textFields(): ReadonlyMap<string, readonly string[]> {
  // An ES module needs its own process.
  const script = pathToFileURL(join(root, 'scripts/dialogs.mjs')).href;
  const given = JSON.stringify([join(root, 'nodes'), [...nodeFiles().keys()]]);
  const program = `import { dialog } from ${JSON.stringify(script)};
    const [folder, types] = ${given};
    const dialogs = types.map((type) => [type, dialog(folder, type, {})]);
    process.stdout.write(JSON.stringify(Object.fromEntries(dialogs)));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  const dialogs = asObject(JSON.parse(printed), 'dialogs');
  return new Map(
    Object.entries(dialogs).map(([type, html]) => [type, fieldsIn(asText(html, type))]),
  );
}

function fieldsIn(html: string): string[] {
  const inputs = html.matchAll(
    /<(?:input type="(?:text|password|number)"|textarea)[^>]*? id="([^"]+)"/g,
  );
  const ids = [...inputs].map(([, id = '']) => id);
  const names = ids.map((id) =>
    id
      .replace(/^node-(?:config-)?input-|^esp-at-(?=key)/, '')
      .replace(/^esp-at-link-\d-/, 'links.'),
  );
  const ofHeaders = html.includes('espAt.headerList(') ? ['headers.name', 'headers.value'] : [];
  return [...new Set([...names, ...ofHeaders])];
}
