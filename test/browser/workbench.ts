import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { systemClock } from '../../driver/clock';
import { within } from '../../nodes/shared/device/within';
import { asObject, asText, type Json } from '../package/project';
import { Demo, type DemoOptions } from '../start/demo';
import { Editor, type EditorOptions, type RunningFlows } from './editor';

const executablePath = '/usr/bin/chromium';

/** Why there is no editor to look at, or false. */
export const noBrowser: string | false =
  !existsSync(executablePath) && `there is no Chromium at ${executablePath}`;

/** A browser that died does not always answer. */
const CLOSE_TIMEOUT_MS = 10_000;

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One Node-RED and one browser for the tests of a file. Each language has one page, reset for each test. */
export class Workbench {
  readonly demo: Demo;
  readonly #browser: Browser;
  readonly #editors = new Map<string, Editor>();
  readonly #first: RunningFlows;

  private constructor(demo: Demo, browser: Browser, first: RunningFlows) {
    this.demo = demo;
    this.#browser = browser;
    this.#first = first;
  }

  static async start(options: DemoOptions = {}): Promise<Workbench> {
    const demo = await Demo.start(options);
    try {
      const browser = await chromium.launch({ executablePath, args: flags });
      return new Workbench(demo, browser, await runningFlows(demo));
    } catch (error) {
      await demo.dispose();
      throw error;
    }
  }

  /** The flows that the demo began with. */
  get flows(): readonly Json[] {
    return this.#first.flows;
  }

  /** The editor as a user finds it, with the flows that the demo began with, deployed anew. */
  async editor(options: EditorOptions = {}): Promise<Editor> {
    const { locale = 'en-US', colorScheme = 'light' } = options;
    const known = this.#editors.get(locale);
    if (known) {
      // The page first: nodes that start tell it their statuses.
      await known.reset(this.#first);
      await known.page.emulateMedia({ colorScheme });
      await this.#restart();
      return known;
    }
    if (this.#editors.size > 0) await this.#restart();
    const editor = await this.open(options);
    this.#editors.set(locale, editor);
    return editor;
  }

  /** The editor in a page of its own. */
  open(options: EditorOptions = {}): Promise<Editor> {
    return Editor.open(this.#browser, this.demo.address, options);
  }

  async dispose(): Promise<void> {
    await within(systemClock, CLOSE_TIMEOUT_MS, this.#browser.close());
    await this.demo.dispose();
  }

  async #restart(): Promise<void> {
    const flows = this.#first.flows.map((node) =>
      // A test may have deployed secrets, which are no part of the flows.
      node.type === 'ws-open' ? { ...node, credentials: { authorization: '' } } : node,
    );
    const headers = { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': 'full' };
    await this.demo.ask('/flows', { method: 'POST', headers, body: JSON.stringify({ flows }) });
    assert.equal((await runningFlows(this.demo)).rev, this.#first.rev);
  }
}

async function runningFlows(demo: Demo): Promise<RunningFlows> {
  const { flows, rev } = asObject(await demo.ask('/flows'), 'flows');
  assert.ok(Array.isArray(flows));
  return { flows: flows.map((node: unknown) => asObject(node, 'node')), rev: asText(rev, 'rev') };
}
