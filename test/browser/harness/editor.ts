import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { asObject, type Json } from '../../package/project';
import { idOf, type Demo, type NodeRedMajor } from '../../start/demo';
import type { Browser, Locator, Page } from 'playwright-core';
import { eventually, PAGE_TIMEOUT_MS } from './eventually';

/** Flows as Node-RED's admin API gives them. */
export interface RunningFlows {
  readonly flows: readonly Json[];
  readonly rev: string;
}

export type Locale = 'en-US' | 'zh-CN';

export interface EditorOptions {
  readonly locale?: Locale | undefined;
  readonly colorScheme?: 'light' | 'dark';
}

/** The variables that the dark theme of Node-RED 5 sets. */
function darkVariables(): string {
  const { resolve } = createRequire(require.resolve('node-red-5/package.json'));
  const folder = dirname(resolve('@node-red/editor-client/package.json'));
  const style = readFileSync(join(folder, 'public/red/style.min.css'), 'utf8');
  const rule = /nr-theme-dark\{([^}]*)\}/.exec(style);
  assert.ok(rule?.[1] !== undefined, 'Node-RED 5 has no dark theme');
  return rule[1];
}

/** The editor takes two clicks on tabs within this time for a double click. */
const DOUBLE_CLICK_MS = 420;

/** How many times slower than usual the page computes, as on a busy machine. */
const SLOWDOWN = Number(process.env.BROWSER_SLOWDOWN ?? 1);

const viewport = { width: 1400, height: 900 };

/** Node-RED's editor in a page of its own. */
export class Editor {
  readonly page: Page;
  /** What the page complained about. */
  readonly complaints: string[] = [];
  readonly demo: Demo;
  #flows: readonly Json[];
  #tabClicked = 0;

  private constructor(page: Page, demo: Demo, flows: readonly Json[]) {
    this.page = page;
    this.demo = demo;
    this.#flows = flows;
    page.on('pageerror', (error) => {
      // On a slow machine Node-RED 5 shows its first tip before the sidebar that it goes to is there.
      const isTip = error.message.includes("reading 'html'");
      if (!isTip) this.complaints.push(`thrown: ${error.stack ?? error.message}`);
    });
    page.on('console', (message) => {
      // Node-RED itself looks for pictures on the web (its core nodes' pages); there may be none.
      const offline = message.text().includes('net::ERR_NAME_NOT_RESOLVED');
      if (message.type() === 'error' && !offline) {
        this.complaints.push(`console: ${message.text()}`);
      }
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.complaints.push(`${response.status()} ${response.url()}`);
    });
  }

  /** Opens the editor of a Node-RED, with our nodes in its palette. */
  static async open(
    browser: Browser,
    demo: Demo,
    flows: readonly Json[],
    options: EditorOptions = {},
  ): Promise<Editor> {
    const context = await browser.newContext({
      viewport,
      locale: options.locale ?? 'en-US',
      colorScheme: options.colorScheme ?? 'light',
    });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    const page = await context.newPage();
    const editor = new Editor(page, demo, flows);
    // Node-RED 5 complains about Node.js 20 in a box that lies over its buttons. Dialogs need not slide in.
    const style =
      '#red-ui-notifications { display: none } .red-ui-tray { transition: none !important }';
    await page.addInitScript(
      `addEventListener('DOMContentLoaded', () => document.head.insertAdjacentHTML('beforeend', '<style>${style}</style>'))`,
    );
    if (SLOWDOWN > 1) {
      const devTools = await context.newCDPSession(page);
      await devTools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    }
    await page.goto(demo.address);
    await editor.ready();
    return editor;
  }

  /** Makes the page what it is after loading, with these flows: a load takes seconds. */
  async reset({ flows, rev }: RunningFlows): Promise<void> {
    this.complaints.length = 0;
    this.#flows = flows;
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.page.setViewportSize(viewport);
    await this.page.keyboard.press('Escape'); // Closes menus.
    await this.page.evaluate(
      "(async () => { while ($('.red-ui-tray').length > 0) await new Promise((closed) => RED.tray.close(closed)); })()",
    );
    await this.run(
      `document.documentElement.removeAttribute('style');
       document.documentElement.classList.remove('nr-theme-dark');
       RED.notifications.hide = true; // Then a notification closes at once.
       $('#red-ui-notifications').children().each((_, notification) => notification.close());
       RED.notifications.hide = false;
       $('#red-ui-palette-search input').val('').trigger('keyup').trigger('change');
       $('#red-ui-sidebar-debug-clear, .red-ui-sidebar-debug-clear').trigger('click');
       RED.sidebar.show('info');
       RED.history.clear();
       RED.nodes.clear();
       RED.nodes.version(args.rev);
       RED.nodes.import(args.flows);
       RED.nodes.dirty(false);
       RED.view.redraw(true);`,
      { flows, rev },
    );
  }

  /** The flows that it began with. */
  get flows(): readonly Json[] {
    return this.#flows;
  }

  /** The ID of the only node of a type and name in those flows. */
  id(type: string, name?: string): string {
    return idOf(this.#flows, type, name);
  }

  /** Waits until the editor has been loaded. */
  async ready(): Promise<void> {
    await this.page.waitForFunction(
      "window.RED && RED.nodes && RED.nodes.getType('ws-status') && RED.workspaces.active() && !$('#red-ui-loading-progress').is(':visible')",
    );
    // In a menu that still slides down, a click lands on the wrong entry.
    await this.run('$.fx.off = true;');
  }

  /** Runs a function body in the page, where `RED` is, with `args` as its parameter. */
  async run(body: string, args?: unknown): Promise<unknown> {
    return this.page.evaluate(`((args) => { ${body} })(${JSON.stringify(args ?? null)})`);
  }

  /** Every node on the canvas is of a known type and valid, as soon as its credentials have come. */
  async assertAllValid(): Promise<void> {
    const wrong =
      'return RED.nodes.filterNodes({}).filter((node) => !node.valid || node.type === "unknown").map((node) => node.type);';
    await eventually(() => this.run(wrong), []);
  }

  /** Shows the editor as a dark theme does. */
  async darken(nodeRed: NodeRedMajor): Promise<void> {
    // Node-RED 4.1 has no dark theme. Themes set the same variables there.
    if (nodeRed === '4') await this.run('document.documentElement.style = args;', darkVariables());
    else await this.run('document.documentElement.classList.add("nr-theme-dark");');
  }

  /** Types into a field, and leaves it: the editor checks it then. */
  async fill(field: string | Locator, text: string): Promise<void> {
    const input = typeof field === 'string' ? this.page.locator(field) : field;
    await input.fill(text);
    await input.blur();
  }

  /** The settings of a new node of a type. */
  async defaultsOf(type: string): Promise<Json> {
    const settings = await this.run(
      'return Object.fromEntries(Object.entries(RED.nodes.getType(args).defaults).map(([name, { value }]) => [name, value]));',
      type,
    );
    return asObject(settings, 'settings');
  }

  /** Presses the button beside an inject node. */
  async press(id: string): Promise<void> {
    await this.page.locator(`[id="${id}"] .red-ui-flow-node-button-button`).click();
  }

  /** Waits until a node shows a text on the canvas, and says in which colour and shape. */
  async status(id: string, text: string | RegExp): Promise<{ fill: string; shape: string }> {
    await this.page
      .locator(`[id="${id}"] .red-ui-flow-node-status-label`)
      .filter({ hasText: text })
      .waitFor();
    const status = await this.run(
      'const { fill, shape } = RED.nodes.node(args).status; return { fill, shape };',
      id,
    );
    assert.ok(
      typeof status === 'object' && status !== null && 'fill' in status && 'shape' in status,
    );
    return { fill: String(status.fill), shape: String(status.shape) };
  }

  /** Waits for a message of a debug node in the sidebar; gives its text. */
  async debugged(name: string, text: string): Promise<string> {
    const message = this.page
      .locator('.red-ui-debug-msg')
      .filter({ has: this.page.locator('.red-ui-debug-msg-name', { hasText: name }) })
      .filter({ hasText: text })
      .first();
    await this.run('RED.sidebar.show("debug");');
    await message.waitFor();
    return message.innerText();
  }

  /** Puts nodes on the canvas, as an import does, and shows their flow. */
  async place(nodes: unknown): Promise<void> {
    // Node-RED fails to show the label of a port under the mouse when the port is on another flow by then.
    await this.page.mouse.move(0, 0);
    await this.run(
      'RED.view.importNodes(args, { generateIds: false, addFlow: false, touchImport: true, notify: false }); const tab = args.find((n) => n.type === "tab"); if (tab) RED.workspaces.show(tab.id);',
      nodes,
    );
  }

  /** Deploys, and waits until it is done. */
  async deploy(): Promise<void> {
    await this.demo.deployed(this.page.locator('#red-ui-header-button-deploy').click());
    await this.page.waitForFunction('!RED.nodes.dirty()');
  }

  /** Opens the dialog of a node. */
  async edit(id: string): Promise<void> {
    await this.run('RED.editor.edit(RED.nodes.node(args));', id);
    await this.#opened('node-dialog-ok');
  }

  /** Opens the dialog of a configuration node, or that of a new one of a type. */
  async editConfig(id: string, type?: string): Promise<void> {
    await this.run(
      'RED.editor.editConfig("", args.type ?? RED.nodes.node(args.id).type, args.id);',
      { id, type },
    );
    await this.#opened('node-config-dialog-ok');
  }

  /** Waits until a dialog is in its place. Then Node-RED gives its first field the focus, and takes it from any other. */
  async #opened(button: string): Promise<void> {
    await this.page.locator(`#${button}`).waitFor();
    await this.page.waitForFunction(
      "(([tray]) => getComputedStyle(tray).right === '0px' && tray.contains(document.activeElement))($('.red-ui-tray').last())",
    );
  }

  /** Shows a tab of the dialog, by its place or the name of its pane. */
  async tab(which: number | string): Promise<void> {
    const rest = this.#tabClicked + DOUBLE_CLICK_MS - Date.now();
    if (rest > 0) await this.page.waitForTimeout(rest);
    const tabs = this.page.locator('#esp-at-tabs li');
    await (
      typeof which === 'number'
        ? tabs.nth(which)
        : tabs.filter({ has: this.page.locator(`a[href="#esp-at-pane-${which}"]`) })
    ).click();
    this.#tabClicked = Date.now();
  }

  /** Closes the dialog with *Done*, the button `#node-dialog-ok` or that of a configuration node. */
  async done(button = 'node-dialog-ok'): Promise<void> {
    await this.page.locator(`#${button}`).click();
    await this.page.locator(`#${button}`).waitFor({ state: 'detached' });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
