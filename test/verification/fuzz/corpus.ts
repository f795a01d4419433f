import { DEVICE_RECORDINGS, readRecording, recordingFiles } from '../conformance/files';

/** What devices sent in the project's own recordings, from one act of the host to the next. */
export function recordedSpeech(): Buffer[] {
  return recordingFiles(DEVICE_RECORDINGS).flatMap((file) => {
    const speech: Buffer[][] = [[]];
    for (const line of readRecording(file).lines) {
      if (line.kind === 'device') speech.at(-1)?.push(line.bytes);
      else if (line.kind === 'host') speech.push([]);
    }
    return speech.filter((parts) => parts.length > 0).map((parts) => Buffer.concat(parts));
  });
}

/** Bytes for a shell's single quotes, and back. */
export { escape as shown, unescape as meant } from './escapes';
