import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { portOf } from '../harness/network/port-of';
import { asObject, asText, root, type Json } from '../package/project';

export type NodeRedMajor = '4' | '5';

export interface DemoOptions {
  readonly nodeRed?: NodeRedMajor;
  /** Flows instead of the demo's. */
  readonly flows?: readonly Json[];
  /** Another demo's folder, to start it again. */
  readonly folder?: string;
  /** Environment variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a debug node showed. */
export interface DebugMessage {
  /** The ID of the debug node. */
  readonly id: string;
  readonly name: string;
  /** As the editor gets it: JSON text for objects. */
  readonly msg: string;
  readonly format: string;
}

/** Milliseconds after which a wait fails. */
const TIMEOUT_MS = 180_000;

/** A header for each request: Node-RED may close an idle connection in the moment in which the next request uses it. */
export const ownConnection = { Connection: 'close' } as const;

/** `scripts/start.mjs` in a process and a folder of its own, and what a browser would hear from it. */
export class Demo {
  readonly folder: string;
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #waiting = new Set<() => void>();
  #output = '';
  #editor: WebSocket | undefined;
  #starts = 0;
  readonly debug: DebugMessage[] = [];
  readonly #statuses = new Map<string, string>();

  private constructor(folder: string, port: number, process: ChildProcess) {
    this.folder = folder;
    this.port = port;
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#changed();
      });
    }
    this.#ended = once(process, 'exit').then(() => {
      this.#changed();
      return process.exitCode;
    });
  }

  /** Starts the demo; resolves once it has printed its address and the flows have started. */
  static async start(options: DemoOptions = {}): Promise<Demo> {
    const demo = await Demo.begin(options);
    try {
      await demo.until(() => demo.#output.includes(demo.address), 'the line that says where it is');
      await demo.#listen();
      return demo;
    } catch (error) {
      await demo.dispose();
      throw error;
    }
  }

  /** Starts the demo, and does not wait until it is ready. */
  static async begin({ nodeRed, flows, folder, env }: DemoOptions, port?: number): Promise<Demo> {
    const userDir = folder ?? mkdtempSync(join(tmpdir(), 'esp-at-demo-'));
    const listening = port ?? (await freePort());
    if (flows) writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
    const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs')], {
      // When this process ends, even by a kill, the channel closes, and the demo ends.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...process.env,
        ...env,
        PORT: String(listening),
        DEMO_DIR: userDir,
        LANG: 'en_US.UTF-8',
        ...(nodeRed ? { NODE_RED: nodeRed } : {}),
      },
    });
    return new Demo(userDir, listening, child);
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Everything that the demo has printed. */
  get output(): string {
    return this.#output;
  }

  /** Sends a request to Node-RED's admin API; returns the JSON or text of the response. */
  async ask(
    path: string,
    init: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ): Promise<unknown> {
    const answer = await fetch(new URL(path, this.address), {
      ...init,
      headers: {
        ...ownConnection,
        'Node-RED-API-Version': 'v2',
        Accept: 'application/json',
        ...init.headers,
      },
    });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    const text = await answer.text();
    return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
  }

  /** Runs a deployment, and waits until all nodes have started: Node-RED answers before. */
  async deployed(deploy: Promise<unknown>): Promise<void> {
    const starts = this.#starts;
    await deploy;
    await this.until(() => this.#starts > starts, 'the start of the deployed flows');
  }

  /** The flows that run. */
  async flows(): Promise<readonly Json[]> {
    const { flows } = asObject(await this.ask('/flows'), 'flows');
    assert.ok(Array.isArray(flows));
    return flows.map((node: unknown) => asObject(node, 'node'));
  }

  /** Presses the button of an inject node. */
  async press(id: string): Promise<void> {
    await this.ask(`/inject/${id}`, { method: 'POST' });
  }

  /** The last text that a node showed on the canvas. */
  statusOf(id: string): string | undefined {
    return this.#statuses.get(id);
  }

  /** What the debug nodes of a name showed. */
  shown(name: string): string[] {
    return this.debug.filter((message) => message.name === name).map(({ msg }) => msg);
  }

  /** What one debug node showed. */
  shownBy(id: string): string[] {
    return this.debug.filter((message) => message.id === id).map(({ msg }) => msg);
  }

  /** Resolves once a condition holds. Checks it after each output and each message to the editor. */
  until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      const look = (): void => {
        const code = this.#process.exitCode;
        if (holds()) finish(resolve);
        else if (code !== null)
          finish(() => reject(this.#failure(`the demo ended (${code}) before: ${what}`)));
      };
      const timer = setTimeout(
        () => finish(() => reject(this.#failure(`did not happen: ${what}`))),
        TIMEOUT_MS,
      );
      this.#waiting.add(look);
      look();
    });
  }

  /** Sends a signal, or on Windows, where a signal ends a process at once, disconnects; resolves with the exit code. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (process.platform === 'win32') this.#process.disconnect();
    else this.#process.kill(signal);
    return this.ended();
  }

  /** Resolves with the exit code. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Kills the demo if it still runs, and deletes its folder. */
  async dispose(): Promise<void> {
    this.#editor?.terminate();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await this.#ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Listens as the editor does: debug messages and statuses. */
  async #listen(): Promise<void> {
    const editor = new WebSocket(`ws://127.0.0.1:${this.port}/comms`);
    this.#editor = editor;
    editor.on('error', () => undefined);
    editor.on('message', (data: Buffer) => {
      const heard: unknown = JSON.parse(data.toString());
      for (const entry of Array.isArray(heard) ? heard : [heard]) {
        this.#heard(asObject(entry, 'what the editor hears'));
      }
      this.#changed();
    });
    await once(editor, 'open');
    editor.send(JSON.stringify({ subscribe: 'debug' }));
    editor.send(JSON.stringify({ subscribe: 'status/#' }));
    editor.send(JSON.stringify({ subscribe: 'notification/#' }));
    await this.until(() => this.#starts > 0, 'the start of the flows');
  }

  #heard({ topic, data }: Json): void {
    if (topic === 'debug') {
      const { id, name, msg, format } = asObject(data, 'debug message');
      this.debug.push({
        id: String(id),
        name: String(name),
        msg: String(msg),
        format: String(format),
      });
      return;
    }
    if (topic === 'notification/runtime-state') {
      if (asObject(data, 'state').state === 'start') this.#starts++;
      return;
    }
    const id = typeof topic === 'string' ? /^status\/(.+)$/.exec(topic)?.[1] : undefined;
    if (id === undefined) return;
    const { text } = asObject(data, 'status');
    this.#statuses.set(id, typeof text === 'string' ? text : '');
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  #failure(sentence: string): Error {
    return new Error(`${sentence}\n--- the demo printed:\n${this.#output}`);
  }
}

/** The ID of the only node of a type and name. */
export function idOf(flows: readonly Json[], type: string, name?: string): string {
  const found = flows.filter((n) => n.type === type && (name === undefined || n.name === name));
  assert.equal(found.length, 1, `${found.length} nodes of type ${type} and name ${name ?? '*'}`);
  return asText(found[0]?.id, 'id');
}

/** A free TCP port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether a TCP port of 127.0.0.1 can be listened on. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
