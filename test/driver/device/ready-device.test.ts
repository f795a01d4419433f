import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import { EspAtError } from '../../../driver/errors';
import type { Port, PortHandlers } from '../../../driver/port/port';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { Harness } from '../../harness/harness';
import { code, test } from '../../harness/ready-harness';

describe('a ready device', () => {
  test('reports the states of its links', async (harness) => {
    await harness.clock.wait(harness.device.links[1].open({ uri: 'ws://host/plain', owner: 'a' }));
    const answer = await harness.clock.wait(harness.device.checkLinks());
    assert.deepEqual(answer, [
      { link: 0, state: 'closed', stateNumber: 0, uri: '', owner: undefined },
      { link: 1, state: 'open', stateNumber: 2, uri: 'ws://host/plain', owner: 'a' },
      { link: 2, state: 'closed', stateNumber: 0, uri: '', owner: undefined },
    ]);
  });

  it('queries its links for each later call, also after a restart', async () => {
    await using harness = await new Harness({ simulator: { bootMs: 400 } }).ready();
    const { link } = harness;
    const opening = code(harness, link.open({ uri: 'ws://host/slow=5000' }));
    await harness.clock.advance(100);
    const asking = code(harness, harness.device.checkLinks());
    harness.simulator.restart();
    assert.deepEqual([await opening, await asking], ['DEVICE_RESTARTED', 'DEVICE_RESTARTED']);
    await harness.until(() => harness.device.state.name === 'ready');
    assert.equal((await harness.clock.wait(harness.device.checkLinks()))[0]?.state, 'closed');
    await harness.clock.wait(link.open({ uri: 'ws://host/plain' }));
    assert.equal((await harness.clock.wait(harness.device.checkLinks()))[0]?.state, 'open');
  });

  test('runs a raw command, and refuses one that would break the session', async (harness) => {
    assert.deepEqual(await harness.clock.wait(harness.device.command('AT+CWSTATE?')), [
      '+CWSTATE:2,"espressif"',
    ]);
    harness.port.written.length = 0;
    for (const text of [
      ...['AT+RST', 'ATE1', 'AT+WSSEND=0,5', 'AT\r\nAT+RST', 'AT+UART_CUR=9600,8,1,0,0', ''],
      ...['reset', 'AT+CIPSEND=5'],
    ]) {
      assert.equal(
        await code(harness, harness.device.command(text)),
        'INVALID_COMMAND',
        JSON.stringify(text),
      );
    }
    assert.equal(harness.port.text, '');
    assert.equal(await code(harness, harness.device.command('AT+NOPE?')), 'COMMAND_FAILED');
  });

  it('finds links by number and by digit, and no others', async () => {
    const { device } = new Harness();
    assert.equal(device.link(1), device.links[1]);
    assert.equal(device.link('2'), device.links[2]);
    for (const id of [3, -1, '3', '', ' 1', 1.5, null, undefined, {}, [], true]) {
      assert.throws(() => device.link(id), { code: 'INVALID_LINK' });
    }
  });

  it('is ready after a restart, with keep-open links open, within 2 s of boot and join', async () => {
    await using harness = await new Harness({ simulator: { bootMs: 400 } }).ready();
    await harness.clock.wait(harness.link.open({ uri: 'ws://host/echo', keepOpen: true }));
    await harness.clock.wait(harness.device.links[1].open({ uri: 'ws://host/plain' }));
    await harness.clock.advance(20_000);
    const before = harness.clock.now();
    harness.simulator.restart();
    await harness.until(() => harness.device.state.name === 'initializing', 2000);
    await harness.until(() => harness.link.stateNumber === 2, 20_000);
    // Boot 0.4 s, joined and addressed 1.1 s after it.
    assert.ok(harness.clock.now() - before < 3600, `took ${harness.clock.now() - before} ms`);
    assert.equal(harness.device.links[1].stateNumber, 0);
    const story = harness.linkEvents
      .filter(({ link }) => link === 0)
      .map(({ event, state }) => `${event} ${state}`);
    assert.deepEqual(story, ['opening 0', 'opened 2', 'device-lost 0', 'opening 0', 'reopened 2']);
    assert.ok(harness.events.some(({ event }) => event === 'restart'));
  });

  test('stops within 1 s during an open, leaves no timer, and rejects the open', async (harness) => {
    const opening = code(harness, harness.link.open({ uri: 'ws://host/silent' }));
    await harness.clock.advance(500);
    await harness.clock.wait(harness.device.stop(), 1000);
    assert.equal(await opening, 'DEVICE_STOPPED');
    assert.equal(harness.port.isOpen, false);
    assert.equal(harness.device.state.name, 'stopped');
    harness.simulator.destroy();
    await harness.clock.advance(1000);
    assert.equal(harness.clock.pending, 0);
  });

  it('stays stopped when a listener of its first statechange stops it', async () => {
    await using harness = new Harness();
    harness.device.once('statechange', () => void harness.device.stop());
    harness.device.start();
    await harness.clock.advance(5000);
    assert.deepEqual([harness.device.state.name, harness.port.opened], ['stopped', 0]);
  });

  it('retries when its port is lost while it opens', async () => {
    const clock = new VirtualClock();
    let [opened, closed] = [0, 0];
    const open = async (handlers: PortHandlers): Promise<Port> => {
      opened++;
      handlers.lost(new EspAtError('PORT_LOST'));
      return {
        pendingBytes: 0,
        write: () => undefined,
        close: async () => {
          closed++;
        },
      };
    };
    const device = new Device({ clock, port: { address: 'flaky', open } });
    device.start();
    await clock.advance(10_000);
    assert.equal(device.state.error?.code, 'PORT_LOST');
    assert.ok(opened > 8, `opened ${opened} times`);
    assert.equal(closed, opened);
    await clock.wait(device.stop());
  });

  it('follows the last call of start() and stop(), also while it stops', async () => {
    await using harness = new Harness();
    const { device, clock } = harness;
    await harness.ready();
    const stopping = device.stop();
    device.start();
    await clock.wait(stopping);
    assert.ok(await clock.until(() => device.state.name === 'ready', 10_000));
    assert.equal(harness.port.opened, 2);
    void device.stop();
    device.start();
    await clock.wait(device.stop());
    await clock.advance(60_000);
    assert.equal(device.state.name, 'stopped');
    assert.equal(harness.port.opened, 2);
    assert.deepEqual(
      harness.states.map(({ name }) => name).filter((state) => state !== 'initializing'),
      ['absent', 'ready', 'stopped', 'absent', 'ready', 'stopped'],
    );
  });
});
