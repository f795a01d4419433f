import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import { SimulatedDevice, seededRandom, type FirmwareClass } from '../../../simulator';
import { MemoryNetwork } from '../../harness/network/memory-network';
import { MemoryPort } from '../../harness/port/memory-port';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { WsServer } from '../../harness/network/ws-server';

/** A board whose firmware can be exchanged while its port stays open. */
class Board {
  readonly clock = new VirtualClock();
  readonly server = new WsServer(this.clock);
  readonly port = new MemoryPort(() => this.#simulator);
  readonly device = new Device({ port: this.port, clock: this.clock, random: seededRandom(1) });
  #simulator: SimulatedDevice;

  constructor(firmware: FirmwareClass) {
    this.#simulator = this.#flashed(firmware);
  }

  /** Starts with this firmware, and lets time pass until the driver has noticed and is ready. */
  async flash(firmware: FirmwareClass): Promise<void> {
    const { clock, device } = this;
    this.#simulator.destroy();
    this.#simulator = this.#flashed(firmware);
    this.#simulator.powerOn();
    device.start();
    assert.ok(await clock.until(() => device.state.name !== 'ready', 20_000));
    assert.ok(await clock.until(() => device.state.name === 'ready', 20_000));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.wait(this.device.stop());
    this.#simulator.destroy();
  }

  #flashed(firmware: FirmwareClass): SimulatedDevice {
    const { clock, server } = this;
    return new SimulatedDevice({
      firmware,
      clock,
      network: new MemoryNetwork({ clock, route: () => ({ kind: 'server', server }) }),
      random: seededRandom(1),
      joined: true,
      running: false,
      output: (bytes) => this.port.deliver(bytes),
    });
  }
}

describe('firmware that is exchanged while the port stays open', () => {
  for (const [before, after] of [
    ['D', 'B'],
    ['A', 'D'],
  ] as const) {
    it(`is detected again (${before} to ${after})`, async () => {
      await using board = new Board(before);
      const { device, clock } = board;
      await board.flash(before);
      assert.equal(device.capabilities?.firmware, before);
      await board.flash(after);
      assert.equal(device.capabilities.firmware, after);
      await clock.wait(device.links[0].open({ uri: 'ws://host/plain' }));
      assert.equal(board.server.connections.length, 1);
      assert.equal(board.port.opened, 1);
    });
  }

  it('is not queried for its commands again after a restart alone', async () => {
    await using board = new Board('D');
    await board.flash('D');
    await board.flash('D');
    const asked = (line: string) => board.port.text.split(`${line}\r\n`).length - 1;
    assert.deepEqual([asked('AT+GMR'), asked('AT+CMD?')], [2, 1]);
  });
});
