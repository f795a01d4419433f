import type { RecordingLine } from '../driver/recorder/lines';
import { toleranceMs } from '../simulator/replay/tolerance';
import { DrivenDevice } from './driven-device';
import { isAct, type DriverAct, type DriverRecording } from './recording-file';

/** An act, with the driver's write before it. */
export interface Step {
  readonly at: number;
  readonly act: RecordingLine & DriverAct;
  /** The write that the act may answer; undefined: another act came after that write. */
  readonly answers: { readonly at: number; readonly host: string } | undefined;
}

/** The acts of a recording. */
export function stepsOf(lines: readonly RecordingLine[]): Step[] {
  const steps: Step[] = [];
  let answers: Step['answers'];
  for (const line of lines) {
    if ('host' in line) answers = line;
    if (!isAct(line)) continue;
    steps.push({ at: line.at, act: line, answers });
    answers = undefined;
  }
  return steps;
}

/** The recording of a run. */
interface FreeRun {
  readonly lines: readonly RecordingLine[];
  /** Indices at which a recording may start, with their snapshots. */
  readonly starts: readonly { readonly index: number; readonly snapshot: RecordingLine }[];
}

/**
 * Performs acts on a driver, and does not compare its decisions. An act follows the write that it answers after the
 * recorded delay.
 * @param recording its start is the start of the run
 * @param untilMs milliseconds from the last act to the end of the run
 */
export async function runFreely(
  recording: DriverRecording,
  steps: readonly Step[],
  untilMs: number,
): Promise<FreeRun> {
  const driven = new DrivenDevice(recording);
  const { clock, device } = driven;
  const lines: RecordingLine[] = [];
  const starts: { index: number; snapshot: RecordingLine }[] = [];
  await driven.prepare();
  const start = clock.now();
  const take = () => {
    for (const line of driven.newLines()) lines.push({ ...line, at: line.at - start });
  };
  let last = { moment: start, at: steps[0]?.at ?? 0, index: 0 };
  for (const { at, act, answers } of steps) {
    let base = last;
    if (answers) {
      const recordedMs = Math.max(0, answers.at - last.at);
      const limit = recordedMs + toleranceMs(recordedMs);
      const isWritten = () => {
        take();
        return lines.slice(last.index).some((line) => 'host' in line && line.host === answers.host);
      };
      if (await clock.until(isWritten, limit))
        base = { ...last, moment: clock.now(), at: answers.at };
    }
    const moment = Math.max(clock.now(), base.moment + at - base.at);
    // A call at the same time as the one before needs no further wait.
    if (!('call' in act) || moment > clock.now()) await clock.advance(moment - clock.now());
    driven.perform(act);
    take();
    await clock.advance(0);
    take();
    last = { moment: clock.now(), at, index: lines.length };
    const snapshot = device.snapshot();
    if (snapshot)
      starts.push({
        index: lines.length,
        snapshot: { at: clock.now() - start, snapshot: 'ready', ...snapshot },
      });
  }
  await clock.advance(untilMs);
  take();
  driven.end();
  return { lines, starts };
}
