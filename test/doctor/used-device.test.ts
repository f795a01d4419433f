import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { testWith } from '../harness/test-with';
import { Patient, serial, wrong } from './report';

describe('the doctor, on a device that a driver has used before', () => {
  for (const firmware of ['C', 'D'] as const) {
    const testPatient = testWith(() => new Patient({ firmware, serial }));

    testPatient(
      `class ${firmware}: understands the echo in the data format of before`,
      async (patient) => {
        const { clock, device } = patient;
        device.start();
        await clock.wait(device.ready());
        await clock.wait(device.links[0].open({ uri: 'ws://host/echo' }));
        await clock.wait(device.disconnect());
        const report = await patient.examine({ uri: 'ws://host/echo' });
        assert.deepEqual(wrong(report), []);
        assert.ok(report.facts.echoServerMs !== undefined);
      },
    );
  }
});
