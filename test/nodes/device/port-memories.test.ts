import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { portMemories } from '../../../nodes/shared/device/port-memories';

describe('the memory of a port', () => {
  it('is one for two addresses of the port, and another for each other port', () => {
    const memoryOf = portMemories((address) => address.toLowerCase());
    const memory = memoryOf('tcp://Bridge:1');
    assert.equal(memoryOf('tcp://bridge:1'), memory);
    assert.notEqual(memoryOf('tcp://bridge:2'), memory);
  });

  it('stays when an adapter is plugged in later; the other name of the port has it then', () => {
    let isPluggedIn = false;
    const memoryOf = portMemories((address) =>
      isPluggedIn && address === 'by-id' ? 'ttyUSB0' : address,
    );
    const memory = memoryOf('by-id');
    isPluggedIn = true;
    assert.equal(memoryOf('by-id'), memory);
    assert.equal(memoryOf('ttyUSB0'), memory);
    isPluggedIn = false;
    assert.notEqual(memoryOf('ttyUSB0'), memory);
  });

  it('stays with a link to the port when the adapter comes back under another name, which has it then', () => {
    let name = 'ttyUSB0';
    const memoryOf = portMemories((address) => (address === 'by-id' ? name : address));
    const memory = memoryOf('ttyUSB0');
    assert.equal(memoryOf('by-id'), memory);
    name = 'ttyUSB1';
    assert.equal(memoryOf('by-id'), memory);
    assert.equal(memoryOf('ttyUSB1'), memory);
    name = 'ttyUSB2';
    assert.notEqual(memoryOf('ttyUSB1'), memory);
  });
});
