import { DEVICE_RECORDINGS, readRecording, recordingFiles } from '../conformance/files';

/** The output of devices in the project's recordings, from one act of the host to the next. */
export function recordedOutput(): Buffer[] {
  return recordingFiles(DEVICE_RECORDINGS).flatMap((file) => {
    const outputs: Buffer[][] = [[]];
    for (const line of readRecording(file).lines) {
      if (line.kind === 'device') outputs.at(-1)?.push(line.bytes);
      else if (line.kind === 'host') outputs.push([]);
    }
    return outputs.filter((parts) => parts.length > 0).map((parts) => Buffer.concat(parts));
  });
}
