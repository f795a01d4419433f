import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddress } from '../../simulator/address';
import {
  simulatedPort,
  type SimulatedPort,
  type SimulatedPortOpener,
} from '../../simulator/serial/port';
import { VirtualClock } from '../../simulator/replay/virtual-clock';

let count = 0;

/** The port of a new device in virtual time, and its output. */
function portWith(options: string): {
  clock: VirtualClock;
  opener: SimulatedPortOpener;
  heard: string[];
  lost: Error[];
  open: () => Promise<SimulatedPort>;
  say: (port: SimulatedPort, line: string, ms?: number) => Promise<string>;
} {
  const clock = new VirtualClock();
  const opener = simulatedPort(`sim:port-test-${count++}?${options}`, { clock });
  const heard: string[] = [];
  const lost: Error[] = [];
  const open = async (): Promise<SimulatedPort> => {
    const handlers = {
      data: (chunk: Buffer) => void heard.push(chunk.toString('latin1')),
      lost: (error: Error) => void lost.push(error),
    };
    const port = await opener.open(handlers);
    await clock.advance(2_000);
    // The port delivers in a later turn.
    await clock.advance(0);
    heard.length = 0;
    return port;
  };
  const say = async (port: SimulatedPort, line: string, ms = 50): Promise<string> => {
    port.write(Buffer.from(`${line}\r\n`));
    await clock.advance(ms);
    await clock.advance(0);
    return heard.splice(0).join('');
  };
  return { clock, opener, heard, lost, open, say };
}

describe('the address sim:', () => {
  it('sets firmware, baud rate, Wi-Fi and faults', () => {
    const { firmware, joined, rate, bootMs, faults } = parseAddress(
      'sim:lab?firmware=b&joined=0&baud=9600&boot-ms=7&fault=lose=0.1%25&fault=late=AT+WSSEND,3s',
    );
    assert.deepEqual(
      { firmware, joined, rate, bootMs, faults },
      {
        firmware: 'B',
        joined: false,
        rate: 9600,
        bootMs: 7,
        faults: ['lose=0.1%', 'late=AT+WSSEND,3s'],
      },
    );
    assert.equal(parseAddress('sim:').firmware, 'D');
    assert.equal(parseAddress('sim:').joined, true);
    const twice = parseAddress('sim:?baud=9600&baud=19200&latency=1&latency=2');
    assert.deepEqual([twice.rate, twice.path], [9600, { latencyMs: 1 }]);
  });

  for (const wrong of [
    ...['firmware=E', 'baud=fast', 'baud=79', 'colour=red', 'fault=nope', 'seed=-1'],
    ...['latency=50%', 'split=0', 'loss=100%', 'firmware=A&mended=slow-close'],
    ...['joined=off', 'baud=9600&rts-cts=maybe', 'rts-cts=0', 'max-rate=921600'],
  ])
    it(`refuses ${wrong}`, () => {
      assert.throws(() => parseAddress(`sim:?${wrong}`));
    });

  it('refuses settings with which no device can be made', () => {
    const refused = { code: 'INVALID_OPTION' };
    assert.throws(() => simulatedPort('sim:?firmware=C', { mended: ['slow-close'] }), refused);
    assert.throws(() => simulatedPort('sim:?mended=slow-close', { firmware: 'C' }), refused);
    assert.throws(() => simulatedPort('sim:', { path: { bandwidth: 0 } }), refused);
  });

  it('refuses an address that does not begin with sim:', () => {
    assert.throws(
      () => parseAddress('lab?firmware=A'),
      /"lab\?firmware=A" does not begin with "sim:"/,
    );
  });

  it('injects its faults at the start, and others while it runs', async () => {
    const { opener, open, say } = portWith('fault=busy=AT+GMR');
    const port = await open();
    assert.equal(await say(port, 'ATE0'), 'ATE0\r\n\r\nOK\r\n');
    assert.equal(await say(port, 'AT+GMR'), '\r\nbusy p...\r\n');
    opener.faults.inject('lose=@2');
    assert.equal(await say(port, 'AT'), '\r\nK\r\n');
    assert.equal(await say(port, 'AT'), '\r\nOK\r\n');
    await port.close();
  });

  it('repeats a run with faults by its seed', async () => {
    const run = async (seed: number): Promise<string> => {
      const { open, say } = portWith(`seed=${seed}&fault=flip=2%25`);
      const port = await open();
      let said = '';
      for (let round = 0; round < 20; round++) said += await say(port, 'AT+GMR');
      await port.close();
      return said;
    };
    const first = await run(5);
    assert.equal(await run(5), first);
    assert.notEqual(await run(6), first);
  });

  it('takes the time of its baud rate, and reads garbage at another rate', async () => {
    const { open, say, opener } = portWith('baud=9600');
    assert.equal(opener.rate, 9600);
    const port = await open();
    // 10 bits at 9600 bit/s: 1.04 ms. Four bytes to the device, then 8 of the 10 that it answers.
    assert.equal(await say(port, 'AT', 13), 'AT\r\n\r\nOK');
    assert.equal(await say(port, '', 100), '\r\n\r\n\r\nERROR\r\n');
    await port.setRate(19_200);
    assert.ok(!(await say(port, 'AT', 100)).includes('OK'));
    await port.setRate(9_600);
    await say(port, '', 100);
    assert.equal(await say(port, 'AT', 100), 'AT\r\n\r\nOK\r\n');
    await port.close();
  });

  it('sends what the host wrote before a change of its rate at the rate before', async () => {
    const { clock, open, say, heard } = portWith('baud=9600');
    const port = await open();
    port.write(Buffer.from('ATE0\r\n'));
    await port.setRate(19_200);
    await clock.advance(100);
    await clock.advance(0);
    heard.length = 0;
    await port.setRate(9_600);
    assert.equal(await say(port, 'AT', 100), '\r\nOK\r\n', 'the echo is off');
    await port.close();
  });

  it('is absent while unplugged, and starts again when plugged in', async () => {
    const { clock, opener, open, lost, say } = portWith('');
    const port = await open();
    opener.faults.inject('unplug=5s');
    assert.equal(lost.length, 1);
    assert.throws(() => port.write(Buffer.from('AT\r\n')), { code: 'PORT_CLOSED' });
    await assert.rejects(open(), { code: 'PORT_NOT_FOUND' });
    await clock.advance(5_000);
    const again = await open();
    assert.equal(await say(again, 'AT'), 'AT\r\n\r\nOK\r\n');
    await again.close();
  });

  it('has no power while it is closed, also after a power cycle', async () => {
    const { clock, opener, open, say } = portWith('joined=0');
    const port = await open();
    opener.faults.inject('power-cycle=1s,0');
    await port.close();
    await clock.advance(2_000);
    assert.equal(clock.pending, 0);
    const again = await open();
    assert.equal(await say(again, 'ATE0'), 'ATE0\r\n\r\nOK\r\n', 'it starts when it is opened');
    opener.faults.inject('power-cycle=5s,0');
    await again.close();
    const third = await open();
    assert.equal(await say(third, 'AT'), '', 'opening it does not end the outage');
    await clock.advance(5_000);
    assert.equal(await say(third, 'AT'), '\r\nready\r\nAT\r\n\r\nOK\r\n');
    await third.close();
  });

  it('applies a fault of the device once it has power', async () => {
    const { clock, opener, heard } = portWith('fault=stray&fault=freeze=%2B1s&joined=0');
    assert.deepEqual(
      opener.faults.active.map(({ count }) => count),
      [0, 0],
    );
    const port = await opener.open({
      data: (chunk) => void heard.push(chunk.toString('latin1')),
      lost: () => undefined,
    });
    await clock.advance(500);
    assert.equal(
      heard.splice(0).join(''),
      '+STA_DISCONNECTED:"aa:bb:cc:dd:ee:01"\r\n\r\nready\r\n',
    );
    await clock.advance(1_000);
    port.write(Buffer.from('AT\r\n'));
    await clock.advance(1_000);
    assert.deepEqual(heard, []);
    await port.close();
  });

  it('leaves no timer while idle, nor when it is closed', async () => {
    const { clock, open, say } = portWith('baud=115200');
    const port = await open();
    assert.equal(await say(port, 'AT', 100), 'AT\r\n\r\nOK\r\n');
    assert.equal(clock.pending, 0, 'an idle device waits for nothing');
    await port.close();
    assert.equal(clock.pending, 0);
  });
});
