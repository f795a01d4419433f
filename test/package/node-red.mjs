// Node-RED as its users run it, apart from its command (that of 5.0 refuses Node.js 20):
//   node node-red.mjs PACKAGE USER_DIR PORT
import { createRequire } from 'node:module';
import { createServer } from 'node:http';

const [name, userDir, port] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const RED = require(name);
const express = createRequire(require.resolve(name))('express');
const app = express();
const server = createServer(app);
RED.init(server, {
  uiHost: '127.0.0.1',
  uiPort: Number(port),
  userDir,
  credentialSecret: 'test',
  httpAdminRoot: '/',
  httpNodeRoot: false,
  telemetry: { enabled: false, updateNotification: false },
  externalModules: { autoInstall: false },
});
app.use('/', RED.httpAdmin);
await RED.start();
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));
process.once('disconnect', () => process.exit());
