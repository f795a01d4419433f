import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../../package/project';
import { freePort } from '../../start/demo';
import type { Order, Report } from './reports';
import type { DeployType } from './schedule';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const MAX_KEPT_LINES = 200;

/** Node-RED by its own command, in its own process and folder, with the probe in its settings. */
export class NodeRedProcess {
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #address: string;
  readonly #exited: Promise<unknown>;
  /** The last lines of its output. */
  readonly lines: string[] = [];

  private constructor(
    folder: string,
    port: number,
    onReports: (reports: readonly Report[]) => void,
    onLine: (line: string) => void,
  ) {
    this.#folder = folder;
    this.#address = `http://127.0.0.1:${port}/`;
    const command = join(
      dirname(createRequire(__filename).resolve('node-red/package.json')),
      'red.js',
    );
    const args = [
      '--require',
      join(root, 'scripts', 'typescript.cjs'),
      command,
      '--userDir',
      folder,
      '--settings',
      join(folder, 'settings.js'),
    ];
    this.#process = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, LANG: 'en_US.UTF-8' },
    });
    this.#exited = once(this.#process, 'exit');
    this.#process.on('message', (message) => {
      if (isReports(message)) onReports(message);
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const lines = text.split('\n').filter((line) => line !== '');
        lines.forEach(onLine);
        this.lines.push(...lines);
        this.lines.splice(0, Math.max(0, this.lines.length - MAX_KEPT_LINES));
      });
    }
  }

  /** Starts it with flows; resolves when its admin API answers. @param onLine called with each line of its output */
  static async start(
    flows: readonly object[],
    seed: number,
    onReports: (reports: readonly Report[]) => void,
    onLine: (line: string) => void,
  ): Promise<NodeRedProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'esp-at-soak-'));
    const port = await freePort();
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(flows));
    writeFileSync(join(folder, 'settings.js'), settings(port, seed));
    const nodeRed = new NodeRedProcess(folder, port, onReports, onLine);
    const giveUpAt = Date.now() + START_TIMEOUT_MS;
    while (!(await nodeRed.#answers())) {
      if (Date.now() > giveUpAt)
        throw new Error(`Node-RED did not start:\n${nodeRed.lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return nodeRed;
  }

  get hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Deploys flows as the editor does. */
  async deploy(type: DeployType, flows: readonly object[]): Promise<void> {
    const answer = await fetch(new URL('flows', this.#address), {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Node-RED-API-Version': 'v2',
        'Node-RED-Deployment-Type': type,
      },
      body: JSON.stringify({ flows }),
    });
    if (!answer.ok)
      throw new Error(`the deploy was answered with ${answer.status}: ${await answer.text()}`);
    await answer.text();
  }

  /** The recording of the latest bytes of the device's port, calls and events; empty where no device runs. */
  async recording(): Promise<string> {
    const answer = await fetch(new URL('esp-at-websocket/recording/device', this.#address));
    return answer.ok ? answer.text() : '';
  }

  send(order: Order): void {
    this.#process.send(order);
  }

  /** Stops it as Ctrl-C does. @returns its exit code; undefined when it did not stop in time */
  async stop(): Promise<number | undefined> {
    this.#process.kill('SIGINT');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, STOP_TIMEOUT_MS)));
    await Promise.race([this.#exited, late]);
    clearTimeout(timer);
    const { exitCode } = this.#process;
    await this.kill();
    return exitCode ?? undefined;
  }

  /** Kills it if it still runs, and deletes its folder. */
  async kill(): Promise<void> {
    if (!this.hasExited) {
      this.#process.kill('SIGKILL');
      await this.#exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    if (this.hasExited) throw new Error(`Node-RED ended:\n${this.lines.join('\n')}`);
    try {
      return (await fetch(new URL('flows', this.#address))).ok;
    } catch {
      return false;
    }
  }
}

/** A settings file with hooks, and a global object for function nodes. */
function settings(port: number, seed: number): string {
  const nodeRed = createRequire(__filename).resolve('node-red/package.json');
  return `
const { Probe, hooksOf } = require(${JSON.stringify(join(__dirname, 'probe.ts'))});
const probe = new Probe(${seed});
probe.watch(hooksOf(${JSON.stringify(nodeRed)}));
module.exports = {
  uiHost: '127.0.0.1', uiPort: ${port}, flowFile: 'flows.json', credentialSecret: 'soak',
  nodesDir: [${JSON.stringify(root)}], nodesExcludes: ['node-red-node-serialport'],
  functionGlobalContext: { soak: probe },
  telemetry: { enabled: false, updateNotification: false },
  externalModules: { autoInstall: false },
  logging: { console: { level: 'warn', metrics: false, audit: false } },
};
`;
}

function isReports(message: unknown): message is readonly Report[] {
  return Array.isArray(message);
}
