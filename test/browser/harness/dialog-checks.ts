import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { Settings } from '../../../nodes/shared/checks/refusal';
import type { Editor } from './editor';

/** The visible input of a typed input. */
export function typedInput(editor: Editor, field: string): Locator {
  return editor.page.locator(
    `#node-input-${field} + .red-ui-typedInput-container .red-ui-typedInput-input`,
  );
}

/** Pixels of the open dialog's width. */
export async function trayWidth(editor: Editor): Promise<number | undefined> {
  return (await editor.page.locator('.red-ui-tray').last().boundingBox())?.width;
}

/** Places a ws-request node, which the demo's flow lacks, with its type as its ID. */
export async function placeRequest(editor: Editor): Promise<void> {
  const z = editor.flows.find(({ type }) => type === 'ws-open')?.z;
  await editor.run('RED.workspaces.show(args);', z);
  const made = { id: 'ws-request', type: 'ws-request', x: 600, y: 700, z, wires: [[], []] };
  const settings = await editor.defaultsOf(made.type);
  await editor.place([{ ...settings, ...made, device: editor.id('esp-at-device') }]);
}

/** A value for a field of a node, with the other settings that it depends on. */
export interface Attempt {
  readonly id: string;
  readonly field: string;
  readonly value: unknown;
  readonly settings?: Settings | undefined;
}

/** Runs the editor's validators on values: for each `true`, or the sentence that refuses it. */
export async function validations(
  editor: Editor,
  attempts: readonly Attempt[],
): Promise<readonly unknown[]> {
  const results = await editor.run(
    `return args.map((attempt) => {
       const node = RED.nodes.node(attempt.id);
       const { validate } = node._def.defaults[attempt.field] ?? node._def.credentials[attempt.field];
       const { hasAuthorization, ...settings } = attempt.settings ?? {};
       const credentials = { ...node.credentials, has_authorization: hasAuthorization === true };
       const own = { credentials, ...settings, [attempt.field]: attempt.value };
       // The node is a proxy: it would keep what is assigned.
       const changed = Object.create(node, Object.getOwnPropertyDescriptors(own));
       return validate.call(changed, attempt.value, {});
     });`,
    attempts,
  );
  assert.ok(Array.isArray(results) && results.length === attempts.length);
  return results.map((result: unknown) => result);
}

/** Every text in the open dialog is translated and has the room it needs. */
export async function assertTidy(editor: Editor, where: string): Promise<void> {
  const untidy = await editor.run(`
    const found = [];
    const visible = $('.red-ui-editor .red-ui-tray-body').last().find('label, option, button, .form-tips, th, .red-ui-tab a').filter(':visible');
    visible.each(function () {
      const text = $(this).text().trim();
      if (/node-red-contrib|\\b(label|option|tip|tab)\\.[a-z]/.test(text.replace(/msg\\.linkId/, ''))) found.push('not translated: ' + text);
      const short = $(this).is('label, .red-ui-tab a') && !$(this).prev().is('input');
      if (short && this.getBoundingClientRect().height > 40) found.push('in two lines: ' + text);
      if (this.scrollWidth > this.clientWidth + 1 && this.clientWidth > 0) found.push('cut off: ' + text);
    });
    for (const tab of document.querySelectorAll('#esp-at-tabs .red-ui-tab')) {
      const label = tab.querySelector('.red-ui-tab-label span') ?? tab;
      if (label.getBoundingClientRect().right > tab.getBoundingClientRect().right - 2) found.push('tab cut off: ' + label.textContent);
    }
    $('.red-ui-editor .red-ui-tray-body').last().find('select:visible').each(function () {
      const room = document.createElement('canvas').getContext('2d');
      room.font = getComputedStyle(this).font;
      // Beside the text there are the paddings and the arrow. Names of other nodes are as long as they are.
      const names = $(this).is('#node-input-device');
      for (const option of names ? [] : this.options) {
        const { width } = room.measureText(option.text);
        if (width > this.clientWidth - 34) found.push('cut off: ' + option.text);
      }
    });
    $('.red-ui-editor .red-ui-tray-body').last().find('input, select, textarea').filter(':visible').not('[id^=red-ui-trap]').each(function () {
      const named = this.labels.length > 0 || $(this).is('[aria-label], [aria-labelledby], .red-ui-searchBox-input');
      if (!named && !$(this).closest('.red-ui-tray-footer').length) found.push('no label: ' + (this.id || this.outerHTML));
    });
    return found;
  `);
  assert.deepEqual(untidy, [], where);
  // The names that a screen reader speaks.
  const spoken = await editor.page.locator('.esp-at-form, .esp-at-device').last().ariaSnapshot();
  const inputs = [
    ...spoken.matchAll(/^ *- (?:textbox|searchbox|combobox|checkbox|spinbutton|listbox)\b.*$/gm),
  ];
  assert.deepEqual(
    inputs.map(([line]) => line).filter((line) => !/ - \w+ "[^"]/.test(` ${line.trim()}`)),
    [],
    where,
  );
  assert.ok(inputs.length > 0, where);
}
