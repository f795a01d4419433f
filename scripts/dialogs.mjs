// Builds the editor file of a node type. Its source may hold, besides HTML:
//
//   <esp-at-common links="msg all">         name (unless nameless), device, link (0, 1, 2, those in `links`), note
//   <esp-at-row name="uri" icon="globe">    a label and an input; the texts are label.<name> of the catalog
//       type="password|checkbox|select"     text if not given
//       options="auto json" prefix="output" of a select: values, with the texts option.<prefix><Value>
//       placeholder="15000" | tip="none"    a placeholder as it is, or the text tip.<tip>
//       types="str msg flow"               of a typed input: where the value may come from; the first is the default
//       button="findPorts" class="…" list="…"
//   <esp-at-links>, <esp-at-certificate slot="0">  the table of links and a certificate slot of the device
//   <esp-at-secrets>                        the credentials that hold the values of secret headers
//   /* include shared/editor/x.css */       a file
//   bundle('shared/checks/x.ts')            the exports of a module, with all that it imports
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { browserBundle } from './browser-bundle.mjs';

/**
 * @param {string} folder where the sources of the nodes are
 * @param {Readonly<Record<string, string>>} replaced code in place of modules in bundles
 */
export function dialog(folder, type, replaced) {
  const read = (path) => readFileSync(join(folder, path), 'utf8');
  const prefix = type === 'esp-at-device' ? 'node-config-input-' : 'node-input-';
  const elements = {
    common: ({ links, nameless }) => common(links.split(' '), nameless !== undefined),
    row: (attributes) => row(prefix, attributes),
    links: linkTable,
    certificate: ({ slot }) => certificate(slot),
    secrets: () => secrets(prefix),
  };
  return read(`${type}.html`)
    .replace(/\/\* include ([\w/.-]+) \*\//g, (_, path) =>
      read(path)
        .replace(/^\/\* (global|exported) .*\n/gm, '')
        .trim(),
    )
    .replace(/\bbundle\('([\w/.-]+)'\)/g, (_, path) => browserBundle(`nodes/${path}`, replaced))
    .replace(/<esp-at-(\w+)((?:\s+[\w-]+="[^"]*")*)\s*>/g, (_, name, text) =>
      elements[name](attributesOf(text)),
    );
}

/** Code in place of the module of all faults: what the check of their settings reads (simulator/faults/table.ts). */
export function faultTable(faults) {
  const known = faults.map(({ name, takes, defaults, minCount }) => ({
    name,
    takes,
    defaults,
    minCount,
  }));
  return `exports.faults = ${JSON.stringify(known)};`;
}

function attributesOf(text) {
  return Object.fromEntries(
    [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  );
}

function common(links, nameless) {
  const options = [0, 1, 2].map((link) => `<option value="${link}">${link}</option>`);
  for (const link of links) options.push(option(link, `option.link${capital(link)}`));
  return [
    nameless ? '' : row('node-input-', { name: 'name', icon: 'tag' }),
    // Node-RED gives its select the width in the style.
    row('node-input-', { name: 'device', icon: 'microchip', style: 'width: calc(100% - 146px)' }),
    formRow(
      `${label('node-input-link', 'linkId', 'link')}
      <select id="node-input-link">${options.join('')}</select>`,
    ),
    '<div class="form-row esp-at-note"></div>',
  ].join('\n');
}

function row(prefix, attributes) {
  const {
    name,
    icon,
    type = 'text',
    options = '',
    class: classes = '',
    button,
    types,
  } = attributes;
  const id = prefix + name;
  if (type === 'checkbox') {
    const box = `<input type="checkbox" id="${id}"><label for="${id}" data-i18n="label.${name}"></label>`;
    return formRow(`<label></label>\n      ${box}`, classes);
  }
  const field =
    type === 'select'
      ? `<select id="${id}">${options
          .split(' ')
          .map((value) => option(value, `option.${attributes.prefix}${capital(value)}`))
          .join('')}</select>`
      : `<input type="${type}" id="${id}"${placeholder(attributes)}${otherAttributes(attributes)}>${sourceInput(id, types)}`;
  const search =
    button === undefined
      ? ''
      : `\n      <button type="button" id="esp-at-${button}" class="red-ui-button" data-i18n="[title]label.${button};[aria-label]label.${button}"><i class="fa fa-search"></i></button>`;
  const hasButton = button === undefined ? '' : ' esp-at-searched';
  return formRow(`${label(id, name, icon)}\n      ${field}${search}`, classes + hasButton);
}

const placeholder = ({ placeholder: text, tip }) =>
  text !== undefined ? ` placeholder="${text}"` : tip ? ` data-i18n="[placeholder]tip.${tip}"` : '';

const otherAttributes = ({ list, style, types }) =>
  (list === undefined ? '' : ` list="${list}"`) +
  (style === undefined ? '' : ` style="${style}"`) +
  // Node-RED gives a typed input the width in the style.
  (types === undefined ? '' : ` style="width: calc(100% - 146px)" data-types="${types}"`);

/** Node-RED's typed input keeps the source of the value in this input. */
const sourceInput = (id, types) =>
  types === undefined ? '' : `<input type="hidden" id="${id}Type">`;

const label = (id, name, icon) =>
  `<label for="${id}"><i class="fa fa-${icon}"></i> <span data-i18n="label.${name}"></span></label>`;

const option = (value, key) => `<option value="${value}" data-i18n="${key}"></option>`;

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

const formRow = (content, classes = '') =>
  `<div class="${`form-row ${classes}`.trim()}">\n      ${content}\n    </div>`;

function secrets(prefix) {
  return [0, 1, 2, 3, 4, 5, 6, 7]
    .map((slot) => `<input type="hidden" id="${prefix}headerSecret${slot}">`)
    .join('\n      ');
}

/** Names of the three links, and their `AT+WSCFG`. A cell is named by its row and its column. */
function linkTable() {
  const links = [0, 1, 2];
  const named = (link, field) =>
    `id="esp-at-link-${link}-${field}" aria-labelledby="esp-at-column-${link} esp-at-row-${field}"`;
  const texts = (field) => (link) => `<input type="text" ${named(link, field)}>`;
  const choices = (field, options) => (link) => `<select ${named(link, field)}>${options}</select>`;
  const modes = [0, 1, 2, 3].map((mode) => option(mode, `option.auth${mode}`)).join('');
  const slots = [0, 1].map((slot) => `<option value="${slot}">${slot}</option>`).join('');
  const cells = {
    name: texts('name'),
    pingInterval: texts('pingInterval'),
    pongTimeout: texts('pongTimeout'),
    bufferSize: texts('bufferSize'),
    auth: choices('auth', modes),
    pki: choices('pki', slots),
    ca: choices('ca', slots),
  };
  const ranges = { pingInterval: '1–7200', pongTimeout: '1–7200', bufferSize: '125–16384' };
  const head = links.map(
    (link) => `<th id="esp-at-column-${link}"><span data-i18n="label.link"></span> ${link}</th>`,
  );
  const rows = Object.entries(cells).map(([field, cell]) => {
    const columns = links.map((link) => `<td>${cell(link)}</td>`);
    const range = ranges[field] ? ` <small>${ranges[field]}</small>` : '';
    const label = field === 'name' ? 'linkName' : field;
    return `<tr><th id="esp-at-row-${field}"><span data-i18n="label.${label}"></span>${range}</th>${columns.join('')}</tr>`;
  });
  return `<table>
      <thead><tr><td></td>${head.join('')}</tr></thead>
      <tbody>
        ${rows.join('\n        ')}
      </tbody>
    </table>`;
}

/** The PEM texts of one slot. The key has a field of its own: the editor never gets the stored one. */
function certificate(slot) {
  const pem = (id, block) =>
    `<textarea id="${id}" class="esp-at-pem" spellcheck="false" placeholder="-----BEGIN ${block}-----"></textarea>`;
  const text = (field) => {
    const id = `node-config-input-${field}${slot}`;
    return formRow(
      `<label for="${id}" class="esp-at-wide" data-i18n="label.${field}Pem"></label>\n      ${pem(id, 'CERTIFICATE')}`,
    );
  };
  const key =
    formRow(`<label for="esp-at-key${slot}" style="width: auto" data-i18n="label.keyPem"></label>
      <button type="button" id="esp-at-forget-key${slot}" class="red-ui-button red-ui-button-small" data-i18n="label.forget"></button>
      ${pem(`esp-at-key${slot}`, 'PRIVATE KEY')}
      <input type="hidden" id="node-config-input-key${slot}">`);
  return `<div id="esp-at-slot-${slot}">
    <h4><span data-i18n="label.slot"></span> ${slot}</h4>
    ${row('node-config-input-', { name: `tls${slot}`, icon: 'certificate', style: 'width: calc(100% - 160px)' })}
    <div id="esp-at-pem-${slot}">
    ${text('ca')}
    ${text('certificate')}
    ${key}
    </div>
    <div class="form-tips esp-at-report" id="esp-at-report-${slot}"></div>
    </div>`;
}
