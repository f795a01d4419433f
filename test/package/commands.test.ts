import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { WebSocketServer } from 'ws';
import { portOf } from '../harness/network/port-of';
import { Device, portAt } from '../../driver';
import { listen } from '../../simulator';
import { temporaryFolder } from '../harness/temporary-folder';
import { freePort } from '../start/demo';
import { node } from './npm';
import { notBuilt, pages, root, text } from './project';

/** The code blocks of a language in a page. */
const blocks = (page: string, language: string): string[] =>
  [...text(page).matchAll(new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );

/** The comments that say why no test runs a command. */
const marked = /# (needs|takes|changes) \S+/;

/** The commands of a page that a test has to run. */
const commandsOf = (page: string): string[] =>
  blocks(page, 'sh')
    .flatMap((block) => block.trim().split(/\n\s*/))
    .filter((line) => !marked.test(line))
    .map((line) => line.replace(/\s+#.*$/, ''));

/** Where the commands run that this file does not run: the command, a file, and what stands there. */
const runElsewhere: readonly (readonly [RegExp, string, string])[] = [
  [/^npm start$/, 'test/start/demo.ts', "join(root, 'scripts', 'start.mjs')"],
  [/^npm test$/, '.ci/run', 'npm test'],
  [/^npm run lint$/, '.ci/run', 'npm run -s lint'],
  [/^npm run typecheck$/, '.ci/run', 'npm run -s typecheck'],
  [/^npm run build$/, '.ci/run', 'npm run -s build'],
  [/^npm pack$/, 'test/package/installation.test.ts', "npm(root, 'pack'"],
  [/^npm install \S+\.tgz$/, 'test/package/installation.test.ts', "npm(installed, 'install'"],
  [/^npx esp-at-replay recording\.jsonl$/, 'test/replay/cli.test.ts', "'replay', 'cli.ts'"],
  [/^npx esp-at-replay --minimize recording/, 'test/replay/cli.test.ts', "'--minimize'"],
];
/** This command has a test of its own, on another port. */
const listening = /^npx esp-at-simulator --listen 8266 (.+)$/;
/** Commands that a test below runs. */
const runHere = [
  'npm test -- test/driver/port',
  'npm test -- test/driver/clock.test.ts',
  'npm run -s bench -- parser --quick',
];

describe('commands in the pages', { skip: notBuilt() }, () => {
  for (const page of pages()) {
    it(`${page}: a test runs each, or a comment says why none does`, () => {
      for (const command of commandsOf(page)) {
        const elsewhere = runElsewhere.find(([pattern]) => pattern.test(command));
        if (elsewhere) assert.ok(text(elsewhere[1]).includes(elsewhere[2]), command);
        else if (!listening.test(command) && !command.startsWith('openssl '))
          assert.ok(runHere.includes(command), `no test runs "${command}"`);
      }
    });
  }

  for (const command of runHere) {
    it(`${command} succeeds`, () => {
      // A runner within a test would report to the outer one.
      const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
      const run = spawnSync(command, { cwd: root, shell: true, encoding: 'utf8', env });
      assert.equal(run.status, 0, run.stdout + run.stderr);
    });
  }

  it('esp-at-simulator --listen, as in the README, serves an AT port', async (t) => {
    const options = commandsOf('README.md').flatMap((line) => listening.exec(line)?.[1] ?? []);
    assert.deepEqual(options, ['--firmware C --joined']);
    const port = await freePort();
    const cli = join(root, 'dist', 'simulator', 'cli', 'cli.js');
    const simulator = spawn(process.execPath, [
      cli,
      '--listen',
      String(port),
      ...options.flatMap((option) => option.split(' ')),
    ]);
    t.after(() => simulator.kill());
    await once(simulator.stdout, 'data');
    const device = new Device({ port: portAt(`tcp://127.0.0.1:${port}`, { rate: 115_200 }) });
    t.after(() => device.stop());
    device.start();
    while (device.state.name !== 'ready') await once(device, 'statechange');
    assert.equal(device.capabilities?.firmware, 'C');
  });
});

describe('programs in the pages', { skip: notBuilt() }, () => {
  it('listen for an answer before they send', () => {
    for (const page of pages())
      for (const program of blocks(page, 'js'))
        assert.doesNotMatch(program, /\.send\(.*\n.*\bawait once\(/, page);
  });

  it(
    'README: gets an answer that the port delivers together with SEND OK',
    { timeout: 15_000 },
    async (t) => {
      const [program = ''] = blocks('README.md', 'js');
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      t.after(() => server.close());
      await once(server, 'listening');
      server.on('connection', (socket) =>
        socket.on('message', (data: Buffer) => socket.send(`${data.toString()} yourself`)),
      );
      const feed = `ws://127.0.0.1:${portOf(server)}/feed`;
      const { stdout } = await runProgram(t, program, { 'ws://192.168.1.10:8080/feed': feed });
      assert.match(await readText(stdout), /^received hello yourself$/m);
    },
  );

  it('simulator page: the driver reconnects after a restart, and gets its text back', () => {
    const [program = ''] = blocks('docs/simulator.md', 'js');
    const { stdout, stderr } = node(['-e', program]);
    const lines = ['closed: DEVICE_RESTARTED', 'received hello', 'closed: DEVICE_STOPPED', ''];
    assert.deepEqual([stdout, stderr], [lines.join('\n'), '']);
  });

  it('simulator page: a test of AT code counts a fault', async () => {
    const [, program = ''] = blocks('docs/simulator.md', 'js');
    const run = node(['-e', `${program}\ntest();`]);
    assert.equal(run.stdout, '0 []\n', run.stderr);
  });
});

const noOpenSsl =
  (process.platform === 'win32' && 'the commands are for a shell of Unix') ||
  (spawnSync('openssl', ['version']).status !== 0 && 'openssl is not installed');

describe('docs/certificates.md', { skip: notBuilt() || noOpenSsl }, () => {
  it('its commands make certificates, its program opens a link that both sides verify', async (t) => {
    const folder = temporaryFolder(t);
    const pem = (name: string) => readFileSync(join(folder, name), 'utf8');
    for (const block of blocks('docs/certificates.md', 'sh')) {
      const run = spawnSync(block, { cwd: folder, shell: true, encoding: 'utf8' });
      assert.equal(run.status, 0, run.stderr);
    }
    const https = createServer({
      key: pem('server.key'),
      cert: pem('server.pem'),
      ca: pem('ca.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const server = new WebSocketServer({ server: https });
    https.listen(0, '127.0.0.1');
    t.after(() => https.close());
    await once(https, 'listening');
    const [program = ''] = blocks('docs/certificates.md', 'js');
    await runProgram(t, program, {
      'wss://192.168.1.10:8443/': `wss://127.0.0.1:${portOf(https)}/`,
      'readFileSync(name': `readFileSync(${JSON.stringify(`${folder}/`)} + name`,
    });
    assert.equal(await firstMessage(server), 'hello');
  });
});

/** Longer than the simulated device and a server in this process need to answer. */
const BATCH_MS = 50;

/** Relays the bytes of a TCP port in batches, as a USB adapter does. */
async function relayInBatches(t: TestContext, port: number): Promise<number> {
  const relay = createTcpServer((host) => {
    const device = connect(port, '127.0.0.1');
    let batch: Buffer[] = [];
    const deliver = () => {
      host.write(Buffer.concat(batch));
      batch = [];
    };
    device.on('data', (bytes) => {
      if (batch.push(bytes) === 1) setTimeout(deliver, BATCH_MS);
    });
    host.pipe(device);
    host.on('error', () => device.destroy());
    device.on('error', () => host.destroy());
  });
  relay.listen(0, '127.0.0.1');
  t.after(() => relay.close());
  await once(relay, 'listening');
  return portOf(relay);
}

/** Runs a program of a page on a simulated device, until the test ends. */
async function runProgram(
  t: TestContext,
  program: string,
  replaced: Readonly<Record<string, string>>,
): Promise<ChildProcessByStdio<null, Readable, null>> {
  const simulator = await listen({ port: 0, joined: true });
  t.after(() => simulator.close());
  const port = await relayInBatches(t, simulator.port);
  const all = { ...replaced, '/dev/ttyUSB0': `tcp://127.0.0.1:${port}` };
  let code = program;
  for (const [from, to] of Object.entries(all)) {
    assert.ok(code.includes(from), `${from} is not in the program`);
    code = code.replace(from, to);
  }
  const stdio = ['inherit', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, ['-e', code], { cwd: root, stdio: [...stdio] });
  t.after(() => child.kill());
  return child;
}

function firstMessage(server: WebSocketServer): Promise<string> {
  return new Promise((resolve) => {
    server.once('connection', (socket) => {
      socket.once('message', (data: Buffer) => resolve(data.toString()));
    });
  });
}
