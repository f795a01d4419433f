import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examine } from '../../driver';
import { DeviceRecorder } from '../../driver/recorder/device-recorder';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import { startPathServer } from '../harness/network/path-server';
import { whyNoPty } from '../harness/port/pty';
import { answering, Patient, type PatientOptions } from './patient';

/** Device on which another program has left a header, and a connection with a password in its URI. */
async function patientWithSecrets(port: number, options?: PatientOptions): Promise<Patient> {
  const patient = new Patient(options);
  const header = 'X-Key: "swordfish", 22';
  await patient.runFromOtherProgram('ATE0', `AT+WSHEAD=${header.length}`);
  await patient.answer(header);
  await patient.runFromOtherProgram(`AT+WSOPEN=0,"ws://bobby:hunter\\,2@127.0.0.1:${port}/echo"`);
  return patient;
}

describe(
  'secrets that another program has left in the device',
  { skip: whyNoPty() ?? false },
  () => {
    it('headers: the doctor clears them before it opens the echo server', async () => {
      const server = await startPathServer();
      await using patient = await patientWithSecrets(server.port);
      const report = await examine(patient.opener, { uri: `${server.url}/echo` });
      await server.close();
      assert.equal(report.ok, true, JSON.stringify(report));
      const heads = server.ws.requests.map(({ headers }) => JSON.stringify(headers));
      assert.deepEqual(
        heads.map((head) => head.includes('swordfish')),
        [true, false],
      );
    });

    it('headers and URIs: the recording of the doctor has placeholders of their length, and replays', async () => {
      const server = await startPathServer();
      await using patient = await patientWithSecrets(server.port, {
        // Without a list of the commands, the doctor asks for the headers.
        input: answering('AT+CMD?', '\r\nERROR\r\n'),
        simulator: { firmware: 'C' },
      });
      const recorder = new DeviceRecorder({ port: patient.opener }, 4 * 1024 * 1024);
      recorder.called('examine');
      await examine(recorder.port, { clock: recorder.clock });
      await server.close();
      const text = recorder.text('doctor', undefined);
      const recording = parseDriverRecording(text);
      assert.equal((await replayDriver(recording)).difference, undefined);
      const said = text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { readonly device?: string })
        .map(({ device = '' }) => device)
        .join('');
      assert.ok(
        said.includes(`+WSOPEN:0,2,"ws://*****:******,*@127.0.0.1:${server.port}/echo"\r\n`),
        said,
      );
      assert.ok(said.includes('+WSHEAD:0,"X-Key: ,*********,,***"\r\n\r\nOK\r\n'), said);
      assert.doesNotMatch(text, /bobby|hunter|swordfish/);
    });
  },
);
