import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import { readPkcs12 } from '../../../driver/provisioning/pkcs12';
import { simulatedPort } from '../../../simulator';
import type { MakeDevice } from '../../../nodes/shared/device/make-device';
import { startPathServer, type PathServer } from '../../harness/network/path-server';
import { pfxFile, pfxPath, PFX_PASSPHRASE } from '../../harness/network/pfx-file';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';
import { catalog } from '../../harness/editor/catalog';
import { wholeFlow } from '../../harness/nodes/flows';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { quickClock } from '../../harness/quick-clock';
import { field } from '../../harness/nodes/messages';
import { editorSentence } from '../../harness/editor/editor-sentence';
import { temporaryFolder } from '../../harness/temporary-folder';
import { asObjects } from '../../package/project';

const english = catalog('en-US');
const authority = makeAuthority('Home CA');
const server = makeIdentity(authority, 'server');
const board = makeIdentity(authority, 'board');
const passphrase = 'word of mouth';
const encryptedKey = String(
  createPrivateKey(board.key).export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase,
  }),
);

const folder = temporaryFolder({ after });
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const paths = {
  ca: file('ca.pem', authority.certificate),
  cert: file('board.pem', board.certificate),
  key: file('board.key', encryptedKey),
};
const uploads = {
  cadata: authority.certificate,
  certdata: board.certificate,
  keydata: encryptedKey,
  passphrase,
};
const pfxServer = readPkcs12(pfxFile('aes'), PFX_PASSPHRASE);

/** As the dialogs of Node-RED store an empty one. */
const empty = { cert: '', key: '', ca: '', servername: '', verifyservercert: true };

interface Case {
  readonly title: string;
  /** The first Node-RED that can. */
  readonly since?: 5;
  readonly settings?: object;
  readonly credentials?: object;
}

interface GoodCase extends Case {
  readonly env?: Readonly<Record<string, string>>;
  readonly isPfx?: boolean;
}

const good: readonly GoodCase[] = [
  { title: 'files and an encrypted key', settings: paths, credentials: { passphrase } },
  { title: 'uploads and an encrypted key', credentials: uploads },
  {
    title: 'files and a passphrase of environment variables',
    settings: { ca: '${TLS_CA}', cert: '${TLS_CERT}', key: paths.key },
    credentials: { passphrase: '${TLS_PASSPHRASE}' },
    env: { TLS_CA: paths.ca, TLS_CERT: paths.cert, TLS_PASSPHRASE: passphrase },
  },
  {
    title: 'a host name that is not the server’s, ALPN, and no verification',
    settings: { servername: 'other.example', alpnprotocol: 'h2', verifyservercert: false },
    credentials: uploads,
  },
  {
    title: 'texts in environment variables',
    since: 5,
    settings: { certType: 'env', caEnv: 'TLS_CA', certEnv: 'TLS_CERT', keyEnv: 'TLS_KEY' },
    credentials: { passphrase },
    env: { TLS_CA: authority.certificate, TLS_CERT: board.certificate, TLS_KEY: encryptedKey },
  },
  {
    title: 'a PFX file',
    since: 5,
    settings: { certType: 'pfx', p12: pfxPath('aes') },
    credentials: { passphrase: PFX_PASSPHRASE },
    isPfx: true,
  },
  {
    title: 'an uploaded PFX file',
    since: 5,
    settings: { certType: 'pfx', p12: '' },
    credentials: {
      p12data: pfxFile('triple-des').toString('base64'),
      passphrase: PFX_PASSPHRASE,
    },
    isPfx: true,
  },
];

/** The tests of the driver have the other flaws of keys, certificates and PFX files. */
const bad: readonly (Case & { readonly sentence: RegExp })[] = [
  { title: 'nothing in it', sentence: /TLS configuration in slot 0: it holds neither/ },
  {
    title: 'a missing file',
    settings: { ...paths, ca: join(folder, 'none.pem') },
    credentials: { passphrase },
    sentence: /TLS configuration in slot 0: Node-RED cannot read its files/,
  },
  {
    title: 'no CA',
    credentials: { ...uploads, cadata: '' },
    sentence: /TLS configuration in slot 0: it holds no CA/,
  },
  {
    title: 'no client certificate',
    credentials: { cadata: authority.certificate },
    sentence: /TLS configuration in slot 0: it holds no client certificate with its key/,
  },
  {
    title: 'a wrong passphrase',
    credentials: { ...uploads, passphrase: 'another' },
    sentence: /private key in slot 0: its passphrase is wrong/,
  },
  {
    title: 'a CA that is too long',
    credentials: { ...uploads, cadata: authority.certificate.repeat(150) },
    sentence: /CA in slot 0: it has \d+ bytes, at most 65536 are allowed/,
  },
  {
    title: 'a PFX file with a wrong passphrase',
    since: 5,
    settings: { certType: 'pfx', p12: pfxPath('aes') },
    credentials: { passphrase: 'another' },
    sentence: /PFX file in slot 0: its passphrase is wrong/,
  },
  {
    title: 'unset environment variables',
    since: 5,
    settings: { certType: 'env', caEnv: 'TLS_UNSET', certEnv: '', keyEnv: '' },
    sentence: /TLS configuration in slot 0: it holds neither/,
  },
];

/** Mutual authentication by slot 0. */
const links = [{ auth: '3', pki: '0', ca: '0' }, {}, {}];

const flow = (settings: object, uri: string) => [
  { id: 'tls', type: 'tls-config', ...empty, ...settings },
  ...wholeFlow({
    device: { sntp: true, links, tls0: 'tls' },
    open: { link: '0', uri, keepOpen: true },
    send: { link: '0' },
  }),
];

let boards = 0;

/** A new board, whose clock is set. */
const make: MakeDevice = (settings) =>
  new Device({
    ...settings.options,
    port: simulatedPort(`sim:tls-${++boards}`, { clock: quickClock }),
  });

onEachRuntime('a tls-config node', (nodeRed, major) => {
  let wss: PathServer | undefined;
  nodeRed.coreNodes = ['network/05-tls'];
  afterEach(async () => {
    await nodeRed.unload();
    await wss?.close();
    wss = undefined;
    for (const name of ['CA', 'CERT', 'KEY', 'PASSPHRASE'])
      Reflect.deleteProperty(process.env, `TLS_${name}`);
  });

  /** The problems of a tls-config node that the dialog gets, deployed or not. */
  async function problems(tls: object): Promise<unknown> {
    const { status, body } = await nodeRed.post('/esp-at-websocket/certificates', {
      slot: '0',
      links,
      tls: { id: 'tls', ...empty, ...tls },
    });
    assert.equal(status, 200);
    assert.doesNotMatch(JSON.stringify(body), /PRIVATE KEY|word|MII|MHc/);
    return body;
  }

  for (const { title, since = 4, settings = {}, credentials = {}, env = {}, isPfx } of good) {
    const skip = major < since ? 'this Node-RED has no such setting' : false;
    it(`with ${title}: authenticates at a wss server`, { skip }, async () => {
      Object.assign(process.env, env);
      wss = await startPathServer({
        identity: isPfx ? { name: 'board', ...pfxServer } : server,
        clientAuthority: isPfx ? pfxServer.ca : authority.certificate,
        needsClientCertificate: true,
      });
      await nodeRed.load(make, flow(settings, `${wss.url}/echo`), { tls: credentials });
      assert.deepEqual(await problems(settings), []);
      await nodeRed.event('state', 'opened');
      assert.equal((await nodeRed.ask('send', { payload: 'hello' }, 'in')).payload, 'hello');
      assert.equal(wss.ws.requests[0]?.clientName, 'board');
      assert.deepEqual(nodeRed.waiting('caught'), []);
    });
  }

  for (const { title, since = 4, settings = {}, credentials = {}, sentence } of bad) {
    const skip = major < since ? 'this Node-RED has no such setting' : false;
    it(
      `with ${title}: the dialog reports it before the deploy, and each node after it`,
      { skip },
      async () => {
        const deployed = flow(settings, 'wss://127.0.0.1:1/');
        await nodeRed.load(make, deployed, { tls: credentials }, english);
        const { error } = await nodeRed.ask('send', { payload: 'x' }, 'caught');
        assert.equal(field(error, 'code'), 'CERTIFICATE_INVALID');
        assert.match(String(field(error, 'message')), sentence);
        assert.equal(nodeRed.shown('open'), 'red ring bad certificate');
        for (const draft of [settings, { ...settings, id: 'new', credentials }]) {
          const [problem, ...more] = asObjects(await problems(draft), 'problems');
          assert.deepEqual([problem?.field, more], ['tls', []]);
          assert.equal(editorSentence(problem), field(error, 'message'));
        }
      },
    );
  }
});
