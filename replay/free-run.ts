import type { RecordingLine } from '../driver/recorder/lines';
import { DrivenDevice } from './driven-device';
import { isAct, type DriverAct, type DriverRecording } from './recording-file';

/** Milliseconds, and part of the recorded time, by which the driver may write later than recorded. */
const LATER_MS = 300;
const LATER_PART = 0.2;

/** An act, and what the driver had written last when it came. */
export interface Step {
  readonly at: number;
  readonly act: RecordingLine & DriverAct;
  /** The write that the act may answer; undefined where another act came after it. */
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

/** What a run brought, as a recording. */
export interface FreeRun {
  readonly lines: readonly RecordingLine[];
  /** Places behind a line at which a recording may start, with the snapshot to start from. */
  readonly starts: readonly { readonly index: number; readonly snapshot: RecordingLine }[];
}

/**
 * Does acts to a driver without asking what it decides, each as long after what it answers as recorded.
 * @param recording what the driver starts from
 * @param untilMs milliseconds that it goes on for after the last act
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
    for (const line of driven.news()) lines.push({ ...line, at: line.at - start });
  };
  let last = { moment: start, at: steps[0]?.at ?? 0, index: 0 };
  for (const { at, act, answers } of steps) {
    let base = last;
    if (answers) {
      const limit = LATER_MS + (1 + LATER_PART) * Math.max(0, answers.at - last.at);
      const isWritten = () => {
        take();
        return lines.slice(last.index).some((line) => 'host' in line && line.host === answers.host);
      };
      if (await clock.until(isWritten, limit))
        base = { ...last, moment: clock.now(), at: answers.at };
    }
    const moment = Math.max(clock.now(), base.moment + at - base.at);
    // Calls of one turn come in one turn.
    if (!('call' in act) || moment > clock.now()) await clock.advance(moment - clock.now());
    driven.perform(act);
    take();
    await clock.until(() => false, 0);
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
