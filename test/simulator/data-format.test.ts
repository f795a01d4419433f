import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dataReport } from '../../simulator/websocket/data-report';
import { error, frame, it, ok, words } from './lab';

describe('AT+WSDATAFMT on the simulated device', async () => {
  it('needs both commas, and a mask from 1 to 63', async (lab) => {
    const good = words('0,0,63 0,,48 0,,63 0,1, 1,2,5 2,0x2,63 0,,');
    const bad = words('0 0,0 0,3,48 0,-1,1 0,0,0 0,0,64 0, 3,0,48 0,0,48,1');
    await lab.expectEach('AT+WSDATAFMT=', good, ok);
    await lab.expectEach('AT+WSDATAFMT=', [...bad, ''], error);
    await lab.expect('AT+WSDATAFMT?', error);
  });

  it('sets each link separately, survives a close, and changes nothing when it is invalid', async (lab) => {
    await lab.command('AT+WSDATAFMT=0,0,55');
    await lab.command('AT+WSDATAFMT=0,0,64');
    const receive = async (link: number) => {
      const server = await lab.open('/plain', link);
      server.send(frame('hi', 2));
      return lab.hear();
    };
    assert.equal(await receive(0), '+WS_DATA:0,2,1,2,2,hi\r\n');
    assert.equal(await receive(1), '+WS_DATA:1,2,hi\r\n');
    await lab.command('AT+WSCLOSE=0', 1100);
    assert.equal(await receive(0), '+WS_DATA:0,2,1,2,2,hi\r\n');
  });

  it('treats an empty value as the default', async (lab) => {
    await lab.command('AT+WSDATAFMT=0,2,63');
    await lab.command('AT+WSDATAFMT=0,,');
    const server = await lab.open();
    server.send(frame('hi'));
    assert.equal(await lab.hear(), '+WS_DATA:0,2,hi\r\n');
  });

  // A binary message of two frames, "abcdefghij" in chunks of 8 and 2 bytes, then "kl".
  const chunks = [
    { opcode: 2, fin: false, payloadLength: 10, payloadOffset: 0, bytes: Buffer.from('abcdefgh') },
    { opcode: 2, fin: false, payloadLength: 10, payloadOffset: 8, bytes: Buffer.from('ij') },
    { opcode: 0, fin: true, payloadLength: 2, payloadOffset: 0, bytes: Buffer.from('kl') },
  ];
  const report = (level: number, mask: number): string =>
    chunks.map((chunk) => dataReport(1, chunk, { level, mask }).toString()).join('');

  it('reports each chunk at level 0', async () => {
    assert.equal(report(0, 48), '+WS_DATA:1,8,abcdefgh\r\n+WS_DATA:1,2,ij\r\n+WS_DATA:1,2,kl\r\n');
    assert.equal(
      report(0, 63),
      '+WS_DATA:1,2,0,10,0,8,abcdefgh\r\n+WS_DATA:1,2,0,10,8,2,ij\r\n+WS_DATA:1,0,1,2,0,2,kl\r\n',
    );
    assert.equal(report(0, 5), '+WS_DATA:1,2,10,abcdefgh+WS_DATA:1,2,10,ij+WS_DATA:1,0,2,kl');
    assert.equal(report(0, 32), '+WS_DATA:1,abcdefgh\r\n+WS_DATA:1,ij\r\n+WS_DATA:1,kl\r\n');
  });

  it('reports each frame at level 1, with the length of its first chunk', async () => {
    assert.equal(report(1, 48), '+WS_DATA:1,8,abcdefghij\r\n+WS_DATA:1,2,kl\r\n');
    assert.equal(report(1, 2), '+WS_DATA:1,0,abcdefghij+WS_DATA:1,1,kl');
  });

  it('reports each message at level 2', async () => {
    assert.equal(report(2, 48), '+WS_DATA:1,8,abcdefghijkl\r\n');
    assert.equal(report(2, 4), '+WS_DATA:1,10,abcdefghijkl');
  });
});
