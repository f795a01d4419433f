import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { quote } from '../../../driver/commands/build';
import { encodeOpen } from '../../../driver/recorder/open-codec';
import { Recorder } from '../../../driver/recorder/recorder';
import { recordedDevice } from '../../../driver/recorder/recording';
import type { LinkId } from '../../../driver/at/types';
import { SecretSet } from '../../../driver/recorder/secret-set';
import { secretsOfCommand, secretsOfDevice, secretsOfOpen } from '../../../driver/recorder/secrets';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { cut, kept, port, secretsWith } from './kept';

/** Secrets that are no part of a device's own words. */
const secret = fc
  .string({ unit: 'binary', minLength: 6, maxLength: 40 })
  .filter((text) => !/[\p{Cc}\p{Surrogate}]/u.test(text) && /[a-z][^\s"\\,]*[a-z]/i.test(text))
  .map((text) => `~${text}~`);

/** All encodings in which a secret may pass. */
const forms = (text: string): Buffer[] => [
  Buffer.from(text),
  Buffer.from(quote(text), 'latin1'),
  Buffer.from(Buffer.from(text).toString('base64')),
  Buffer.from(encodeURIComponent(text)),
  Buffer.from(JSON.stringify(text)),
];

describe('redaction', () => {
  it('replaces a secret in every encoding and however reads cut it, by as many bytes', () => {
    fc.assert(
      fc.property(
        secret,
        fc.nat({ max: 4 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        fc.constantFrom('', '\r\nOK\r\n', '+WS_DATA:0,300,'.padEnd(300, '.')),
        (text, form, places, around) => {
          const bytes = Buffer.concat([
            Buffer.from(around),
            forms(text)[form] ?? Buffer.alloc(0),
            Buffer.from(around),
          ]);
          const chunks = cut(bytes, places);
          const result = kept(secretsWith(text), chunks);
          assert.deepEqual(
            result.map(({ length }) => length),
            chunks.map(({ length }) => length),
          );
          const all = result.join('');
          assert.ok(all.startsWith(around) && all.endsWith(around));
          for (const each of forms(text)) {
            const inner = each.toString('latin1').replace(/^"|"$|=+$/g, '');
            assert.ok(!all.includes(inner), inner);
          }
        },
      ),
    );
  });

  it('replaces user and password of a URI, also as Basic authorization, and keeps the rest', () => {
    const uri = 'wss://user:p%40ss,word@host:8443/path?x=1';
    const secrets = new SecretSet(secretsOfOpen({ uri }));
    const basic = Buffer.from('user:p%40ss,word').toString('base64');
    assert.deepEqual(
      kept(secrets, [Buffer.from(`AT+WSOPEN=0,${quote(uri)}\r\n`), Buffer.from(`Basic ${basic}`)]),
      [
        'AT+WSOPEN=0,"wss://****:******\\,****@host:8443/path?x=1"\r\n',
        `Basic ${basic.replace(/[^=]/g, '*')}`,
      ],
    );
    assert.equal(encodeOpen({ uri }).uri, 'wss://****:******,****@host:8443/path?x=1');
  });

  it('replaces every line of a private key, whatever its line ends, and no certificate', () => {
    const body = ['MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2', 'OF/2N+Xk=='];
    const key = `-----BEGIN PRIVATE KEY-----\n${body.join('\n')}\n-----END PRIVATE KEY-----\n`;
    const secrets = new SecretSet(
      secretsOfDevice({ port, certificates: [{ slot: 0, ca: 'CA', certificate: 'CERT', key }] }),
    );
    for (const text of [key, key.replaceAll('\n', '\r\n')]) {
      const [result = ''] = kept(secrets, [Buffer.from(`${text}CA CERT.`)]);
      assert.equal(result.length, text.length + 8);
      for (const line of body) assert.ok(!result.includes(line));
      assert.match(result, /^-----BEGIN PRIVATE KEY-----\r?\n\*{64}\r?\n/);
      assert.match(result, /CA CERT\.$/);
    }
  });

  it('records only known options, and of PEM texts only certificates and masked keys', () => {
    const body = 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2';
    const block = (label: string, text: string) =>
      `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
    const certificate = block('CERTIFICATE', 'MIIBcert');
    const combined = `Bag: SECRET\n${block('EC PRIVATE KEY', body)}SECRET${certificate}`;
    const masked = block('EC PRIVATE KEY', '*'.repeat(64)) + certificate;
    const extra = { note: 'SECRET' };
    const pems = { ca: combined, certificate: combined, key: combined };
    const options = {
      port,
      wifi: { ssid: 'net', password: 'SECRET', ...extra },
      sntp: { timezone: 1, servers: ['ntp'], ...extra },
      sendLimit: { messages: 1, bytes: 2, ...extra },
      memory: { baudRate: 9600, ...extra },
      certificates: [{ slot: 0, ...pems, ...extra }],
    };
    const { certificates, ...others } = recordedDevice(options);
    assert.deepEqual(certificates, [{ slot: 0, ca: masked, certificate: masked, key: masked }]);
    assert.doesNotMatch(JSON.stringify(others), /SECRET/);
    const [wire = ''] = kept(new SecretSet(secretsOfDevice(options)), [Buffer.from(combined)]);
    assert.ok(wire.includes(certificate) && !wire.includes(body));
  });

  it('replaces a short secret, or one that is a word of the device, only where the driver writes it', () => {
    const header = { name: 'X-Pin', value: '7' };
    const secrets = new SecretSet([
      ...secretsOfDevice({ port, wifi: { ssid: 'net', password: 'WIFI GOT IP' } }),
      ...secretsOfOpen({ uri: 'ws://h', headers: [header] }),
    ]);
    assert.deepEqual(
      kept(secrets, [
        Buffer.from('AT+CWJAP="net","WIFI GOT IP"\r\n'),
        Buffer.from('WIFI GOT IP\r\n+WS_DATA:0,7,X-Pin: 7'),
      ]),
      ['AT+CWJAP="net","***********"\r\n', 'WIFI GOT IP\r\n+WS_DATA:0,7,X-Pin: *'],
    );
  });

  it('replaces a secret in the fragments of a message that is sent, and only there', () => {
    const sent = (
      ...payloads: readonly (readonly [link: LinkId, fin: boolean, text: string, opcode?: number])[]
    ) => {
      const recorder = new Recorder(65_536, new VirtualClock(), secretsWith('hunter-2026'));
      for (const [link, fin, text, opcode] of payloads)
        void recorder.send(link, { fin, opcode }, Buffer.from(text), () => Promise.resolve());
      return recorder.lines().map(({ line }) => ('bytes' in line ? line.bytes : ''));
    };
    assert.deepEqual(
      sent([0, false, 'a hunt'], [1, true, 'er-2026'], [0, false, 'er-2'], [0, true, '026 b']),
      ['a ****', 'er-2026', '****', '*** b'],
    );
    assert.deepEqual(sent([0, true, 'hunt'], [0, true, 'er-2026']), ['hunt', 'er-2026']);
    const ping = 9;
    assert.deepEqual(
      sent([0, false, 'a hunt'], [0, true, 'hunter-2026 hunt', ping], [0, true, 'er-2026 b', 0]),
      ['a ****', '*********** hunt', '******* b'],
    );
    // A shorter beginning stays, as at other cuts.
    assert.deepEqual(sent([0, false, 'hun'], [0, true, 'ter-2026']), ['hun', '********']);
  });

  it('holds records back, in order, behind bytes that may begin a secret', () => {
    const clock = new VirtualClock();
    const secrets = new SecretSet(secretsOfOpen({ uri: 'ws://h', authorization: 'secret-token' }));
    const recorder = new Recorder(65_536, clock, secrets);
    recorder.received(Buffer.from('a secret'));
    recorder.line({ random: 0.5 });
    recorder.line({ settled: 7 });
    recorder.line({ late: 20 });
    assert.deepEqual([...recorder.lines()], []);
    assert.deepEqual(
      [...recorder.heldLines()],
      [
        { at: 0, device: 'a ******' },
        { at: 0, random: 0.5 },
        { at: 0, settled: 7 },
        { at: 0, late: 20 },
      ],
    );
    recorder.received(Buffer.from('-token!'));
    assert.deepEqual(
      [...recorder.lines()].map(({ line }) => line),
      [
        { at: 0, device: 'a ******' },
        { at: 0, random: 0.5 },
        { at: 0, settled: 7 },
        { at: 0, late: 20 },
        { at: 0, device: '******!' },
      ],
    );
  });

  it('leaves the end of OK alone, also for a secret that begins with K', () => {
    const secrets = secretsWith('Kitchen-2026');
    assert.equal(kept(secrets, [Buffer.from('\r\nOK\r\n')]).join(''), '\r\nOK\r\n');
    assert.equal(kept(secrets, [Buffer.from('\r\nOK\r\nKitch')]).join(''), '\r\nOK\r\n*****');
  });

  it('replaces the quoted parameters of a command of the user, also in responses, and nothing else', () => {
    const secrets = new SecretSet();
    secrets.add('command', secretsOfCommand('AT+CWSAP="my net","pass\\"w\\,rd",5,3'));
    secrets.add('command', secretsOfCommand('AT+X="odd\\z","to","no end'));
    const parts = [
      ['AT+CWSAP="my net","pass\\"w\\,rd",5,3\r\n', 'AT+CWSAP="******","****\\,*\\,**",5,3\r\n'],
      ['+CWSAP:"my net","pass"w,rd",5,3\r\n', '+CWSAP:"******","****,*,**",5,3\r\n'],
      ['AT+X="odd\\z","to","no end\r\n', 'AT+X="***,*","**","******\r\n'],
      ['{"to":"my net"} my net', '{"to":"my net"} my net'],
    ];
    for (const [said = '', shown = ''] of parts)
      assert.equal(kept(secrets, [Buffer.from(said)]).join(''), shown);
  });

  it('keeps the parameters of the latest 200 commands, a repeated one as the latest, beside all others', () => {
    const secrets = new SecretSet(secretsOfOpen({ uri: 'ws://h', authorization: 'tok-4711-abc' }));
    const command = (index: number) => `AT+X="p${index}"`;
    secrets.add('command', secretsOfCommand(command(0)));
    for (let index = 1; index < 200; index++)
      secrets.add('command', secretsOfCommand(command(index)));
    secrets.add('command', secretsOfCommand(command(0)));
    secrets.add('command', secretsOfCommand(command(200)));
    const shown = (index: number) => secrets.redactText(`${command(index)}\r`).slice(0, -1);
    assert.deepEqual([0, 1, 2, 200].map(shown), [
      'AT+X="**"',
      command(1),
      'AT+X="**"',
      'AT+X="****"',
    ]);
    assert.equal(secrets.redactText('tok-4711-abc'), '************');
  });

  it('keeps the latest secrets of each link, however many the calls for another link bring', () => {
    const secrets = new SecretSet();
    const token = (index: number) => `token-${1000 + index}`;
    const open = (index: number, link: LinkId) => {
      secrets.add(link, secretsOfOpen({ uri: 'ws://h', authorization: token(index) }));
    };
    open(0, 0);
    open(1, 1);
    open(2, 1);
    for (let index = 3; index < 1100; index++) {
      open(index, 1);
      open(1, 1);
    }
    const isShown = (index: number) => secrets.redactText(token(index)) === token(index);
    assert.deepEqual([0, 1, 2, 1099].map(isShown), [false, false, true, false]);
  });
});
