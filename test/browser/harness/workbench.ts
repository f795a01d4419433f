import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { systemClock } from '../../../driver/clock';
import { within } from '../../../driver/within';
import { asObject, asObjects, asText, type Json } from '../../package/project';
import { Demo, type DemoOptions } from '../../start/demo';
import { Editor, type EditorOptions, type RunningFlows } from './editor';

export interface BenchOptions extends EditorOptions {
  /** Flows instead of the demo's. */
  readonly flows?: readonly Json[];
}

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

/** One Node-RED and one browser for many tests. Each language has one page, reset for each test. */
export class Workbench {
  readonly demo: Demo;
  readonly #browser: Browser;
  readonly #editors = new Map<string, Editor>();
  readonly #first: RunningFlows;
  #running: RunningFlows;

  private constructor(demo: Demo, browser: Browser, first: RunningFlows) {
    this.demo = demo;
    this.#browser = browser;
    this.#first = first;
    this.#running = first;
  }

  static async start(options: DemoOptions = {}): Promise<Workbench> {
    // No dialog of the nodes has a code editor. Monaco takes half the time of loading a page.
    const demo = await Demo.start({ ...options, env: { ...options.env, CODE_EDITOR: 'ace' } });
    try {
      const browser = await chromium.launch({ executablePath, args: flags });
      return new Workbench(demo, browser, await runningFlows(demo));
    } catch (error) {
      await demo.dispose();
      throw error;
    }
  }

  /** The flows that the last editor began with. */
  get flows(): readonly Json[] {
    return this.#running.flows;
  }

  /** The editor as a user finds it, with the flows that the demo began with, or others, deployed anew. */
  async editor({ flows, ...options }: BenchOptions = {}): Promise<Editor> {
    const { locale = 'en-US', colorScheme = 'light' } = options;
    const isFresh = this.#editors.size === 0 && flows === undefined;
    this.#running = flows ? await this.#deploy(this.here(flows)) : this.#first;
    const known = this.#editors.get(locale);
    if (known) {
      // The page first: nodes that start tell it their statuses.
      await known.reset(this.#running);
      await known.page.emulateMedia({ colorScheme });
    }
    if (!isFresh) {
      const { rev } = await this.#deploy(this.flows);
      assert.equal(rev, this.#running.rev);
    }
    const editor = known ?? (await this.open(options));
    this.#editors.set(locale, editor);
    return editor;
  }

  /** Flows with the port of this Node-RED in the URIs of its servers. */
  here(flows: readonly Json[]): readonly Json[] {
    const text = JSON.stringify(flows).replaceAll(':1880/', `:${this.demo.port}/`);
    return asObjects(JSON.parse(text), 'flows');
  }

  /** The editor in a page of its own. */
  open(options: EditorOptions = {}): Promise<Editor> {
    return Editor.open(this.#browser, this.demo, this.flows, options);
  }

  async dispose(): Promise<void> {
    await within(systemClock, CLOSE_TIMEOUT_MS, this.#browser.close());
    await this.demo.dispose();
  }

  /** Starts all nodes anew. */
  async #deploy(running: readonly Json[]): Promise<RunningFlows> {
    const flows = running.map((node) =>
      // A test may have deployed secrets, which are no part of the flows.
      node.type === 'ws-open' ? { ...node, credentials: { authorization: '' } } : node,
    );
    const headers = { 'Content-Type': 'application/json', 'Node-RED-Deployment-Type': 'full' };
    const body = JSON.stringify({ flows });
    await this.demo.deployed(this.demo.ask('/flows', { method: 'POST', headers, body }));
    return runningFlows(this.demo);
  }
}

async function runningFlows(demo: Demo): Promise<RunningFlows> {
  const { flows, rev } = asObject(await demo.ask('/flows'), 'flows');
  assert.ok(Array.isArray(flows));
  return { flows: flows.map((node: unknown) => asObject(node, 'node')), rev: asText(rev, 'rev') };
}
