#!/usr/bin/env node
// `npm start`: installs, builds, and runs Node-RED with the demo flow on 127.0.0.1 until Ctrl-C.
//
// PORT=1881          another port than 1880
// DEMO_DIR=path      another folder for the demo's flows and settings than .demo
// NODE_RED=4|5       another Node-RED than the newest that supports this Node.js
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { join, relative, resolve } from 'node:path';
import { prepare, requireNode } from './prepare.mjs';
import { root } from './root.mjs';

const host = '127.0.0.1';
const port = portOf(process.env.PORT ?? '1880');
const nodeRed = nodeRedName(process.env.NODE_RED);
const userDir = resolve(root, process.env.DEMO_DIR ?? '.demo');
const credentialSecret = 'demo';
const demoFlow = join(root, 'examples', 'Echo over the simulated ESP32.json');

requireNode();
await portIsFree();
await prepare();
putDemoFlow();
putCredentials();
await start();

function portOf(text) {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 65535) return number;
  fail(`PORT=${text} is not a port number (1-65535).`);
}

/** Checked before the long installation, which would be in vain. */
function portIsFree() {
  const probe = createServer();
  return new Promise((free) => {
    probe.once('error', cannotListen);
    probe.listen(port, host, () => probe.close(free));
  });
}

function cannotListen(error) {
  fail(
    error.code === 'EADDRINUSE'
      ? `Port ${port} is in use by another program. Stop that, or choose another port: PORT=${port + 1} npm start`
      : `Port ${port} cannot be opened: ${error.message}`,
  );
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Copies the demo flow at the first start, and keeps what the user has made of it since. */
function putDemoFlow() {
  const flowFile = join(userDir, 'flows.json');
  mkdirSync(userDir, { recursive: true });
  if (!existsSync(flowFile)) copyFileSync(demoFlow, flowFile);
  const text = readFileSync(flowFile, 'utf8');
  const here = withThisPort(text);
  if (here !== text) writeFileSync(flowFile, here);
}

/** Encrypted, empty: Node-RED warns when it finds no encrypted credentials beside a flow. */
function putCredentials() {
  const file = join(userDir, 'flows_cred.json');
  if (existsSync(file)) return;
  const iv = randomBytes(16);
  const cipher = createCipheriv(
    'aes-256-ctr',
    createHash('sha256').update(credentialSecret).digest(),
    iv,
  );
  const encrypted = cipher.update('{}', 'utf8', 'base64') + cipher.final('base64');
  writeFileSync(file, JSON.stringify({ $: iv.toString('hex') + encrypted }));
}

/** The flows, with this port in the URIs of the servers inside them. */
function withThisPort(text) {
  let flows;
  try {
    flows = JSON.parse(text);
  } catch {
    return text; // Node-RED says what is wrong with it.
  }
  if (!Array.isArray(flows))
    fail(
      `flows.json in ${userDirName()} is no list of nodes. Without that file, npm start copies the demo flow.`,
    );
  const served = new Set(flows.filter((n) => n?.type === 'websocket-listener').map((n) => n.path));
  return text.replace(/(?<=ws:\/\/127\.0\.0\.1:)\d+(\/[^"\\]*)/g, (whole, path) =>
    served.has(path) ? `${port}${path}` : whole,
  );
}

async function start() {
  const require = createRequire(import.meta.url);
  const RED = require(nodeRed);
  const express = createRequire(require.resolve(nodeRed))('express');
  const app = express();
  const server = createServer(app);
  RED.init(server, settings());
  app.use('/', RED.httpAdmin);
  app.use('/', RED.httpNode);
  stopOnSignals(RED);

  const flowsRun = new Promise((started) => RED.events.once('flows:started', started));
  await RED.start();
  server.once('error', cannotListen);
  server.listen(port, host, async () => {
    await flowsRun;
    // Node-RED takes the .git of this repository for its own, and appends "-git".
    const version = RED.version().replace(/-git$/, '');
    console.log(
      `Node-RED ${version} on Node.js ${process.versions.node}; flows in ${userDirName()}`,
    );
    console.log(`The demo is running, Ctrl-C ends it. Open in a browser: http://${host}:${port}/`);
  });
}

function userDirName() {
  const inside = relative(root, userDir);
  return inside.startsWith('..') ? userDir : inside;
}

function nodeRedName(version) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const chosen = version ?? (major > 22 || (major === 22 && minor >= 9) ? '5' : '4');
  if (chosen !== '4' && chosen !== '5') fail(`NODE_RED=${chosen} is neither 4 nor 5.`);
  return chosen === '5' ? 'node-red-5' : 'node-red';
}

function settings() {
  return {
    uiHost: host,
    uiPort: port,
    userDir,
    flowFile: 'flows.json',
    flowFilePretty: true,
    credentialSecret,
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    nodesDir: [root],
    // A development package of this repository, which has no place in the demo's palette.
    nodesExcludes: ['node-red-node-serialport'],
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: {
      tours: false,
      projects: {},
      page: { scripts: [join(root, 'scripts', 'open-debug-sidebar.js')] },
      // Tests of the editor choose the smaller one: it loads in a fraction of the time.
      ...(process.env.CODE_EDITOR && { codeEditor: { lib: process.env.CODE_EDITOR } }),
    },
    // Warnings and errors: the address above stays the last line unless something goes wrong.
    logging: { console: { level: 'warn', metrics: false, audit: false } },
  };
}

/** Ctrl-C stops the flows first, so that ports and connections close in order; a second one ends at once. */
function stopOnSignals(RED) {
  let stopping = false;
  const stop = async (signal) => {
    if (stopping) process.exit(130);
    stopping = true;
    console.log(`\n${signal}: stopping …`);
    try {
      await RED.stop();
      process.exit(0);
    } catch (error) {
      fail(`Node-RED did not stop in order: ${error.message}`);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK']) process.on(signal, stop);
  // Started by a test: ends with it.
  process.once('disconnect', () => stop('disconnect'));
}
