import type { RecordingLine } from '../driver/recorder/lines';
import { recordingText } from '../driver/recorder/recording';
import { shortest } from './delta-debugging';
import type { Difference } from './difference';
import { replayDriver } from './driver-replay';
import { runFreely, stepsOf, type Step } from './free-run';
import { CannotStartError } from './preparation';
import { isDecision, parseDriverRecording, type DriverRecording } from './recording-file';

/** The minimizer shortens longer acts of the device line by line. */
const LONG_ACT_BYTES = 60;
/** A run continues after its last act for 1.2 × the recorded time plus this. */
const MARGIN_MS = 1000;

/**
 * Shortens a recording. If its replay differs and `shows` is absent, keeps the lines that show the same difference.
 * Otherwise keeps the lines that lead to one decision; the replay of the result does not differ.
 * @param shows selects the first decision with this text in its line; default: the last one with an error, or out of sync
 * @returns the recording's text
 * @throws Error for a recording without such a decision, or when repeating its acts does not lead to it
 */
export async function minimized(recording: DriverRecording, shows?: string): Promise<string> {
  if (shows === undefined) {
    const { difference } = await replayDriver(recording);
    if (difference) return shortestDifference(recording, difference);
  }
  const target =
    shows === undefined
      ? recording.lines.findLast(isTrouble)
      : recording.lines.find((line) => isDecision(line) && JSON.stringify(line).includes(shows));
  if (!target) throw new Error(`no decision of the driver shows ${shows ?? 'a failure'}`);
  return new Minimizer(recording, target).run();
}

async function shortestDifference(
  { heading, lines }: DriverRecording,
  { line, what, expected, got }: Difference,
): Promise<string> {
  const isSame = async (fewer: readonly RecordingLine[]) => {
    const { difference } = await replayDriver({ heading, lines: fewer });
    if (difference?.what !== what || difference.expected !== expected) return false;
    // The delay varies.
    return what === 'time' || difference.got === got;
  };
  // The heading is line 1.
  const upTo = lines.slice(0, line - 1);
  return recordingText(heading, await shortest((await isSame(upTo)) ? upTo : lines, isSame));
}

function isTrouble(line: RecordingLine): boolean {
  return isDecision(line) && ('error' in line || ('event' in line && line.event === 'outofsync'));
}

class Minimizer {
  readonly #target: string;
  #current: DriverRecording;

  constructor(recording: DriverRecording, target: RecordingLine) {
    this.#current = recording;
    this.#target = decisionText(target);
  }

  async run(): Promise<string> {
    if (!(await this.#reaches(this.#current, stepsOf(this.#current.lines))))
      throw new Error('repeating the recorded acts does not lead to this decision');
    await this.#startLate();
    await this.#leaveOutOptions();
    await this.#leaveOutSteps();
    await this.#shortenDevice();
    await this.#shortenMessages();
    await this.#leaveOutSteps();
    const { heading, lines } = this.#current;
    return recordingText(heading, lines);
  }

  /** Starts at the latest snapshot that works. */
  async #startLate(): Promise<void> {
    const { heading, lines } = this.#current;
    const { starts } = await runFreely(this.#current, stepsOf(lines), 0);
    // Indices of a free run skip snapshot lines.
    const recorded = lines.filter((line) => !('snapshot' in line));
    for (const { index, snapshot } of starts.toReversed()) {
      if (index >= recorded.length) continue;
      const driver = { ...heading.driver, from: 'snapshot' as const };
      const later = [snapshot, ...recorded.slice(index)];
      const recording = { heading: { ...heading, driver }, lines: later };
      if (await this.#tries(recording, stepsOf(later))) return;
    }
  }

  async #leaveOutOptions(): Promise<void> {
    const { options } = this.#current.heading.driver;
    for (const name of Object.keys(options)) {
      const { heading } = this.#current;
      const fewer = Object.fromEntries(
        Object.entries(heading.driver.options).filter(([key]) => key !== name),
      );
      const driver = { ...heading.driver, options: fewer };
      await this.#tries({ ...this.#current, heading: { ...heading, driver } });
    }
  }

  async #leaveOutSteps(): Promise<void> {
    const recording = this.#current;
    await shortest(stepsOf(recording.lines), (fewer) => this.#tries(recording, fewer));
  }

  /** Leaves out lines of long acts of the device. */
  async #shortenDevice(): Promise<void> {
    for (let index = 0; index < stepsOf(this.#current.lines).length; index++) {
      const recording = this.#current;
      const steps = stepsOf(recording.lines);
      const act = steps[index]?.act;
      if (!act || !('device' in act) || act.device.length <= LONG_ACT_BYTES) continue;
      await shortest(act.device.split(/(?<=\r\n)/), (fewer) =>
        this.#tries(recording, replaced(steps, index, { ...act, device: fewer.join('') })),
      );
    }
  }

  /** Cuts messages to one byte. */
  async #shortenMessages(): Promise<void> {
    for (let index = 0; index < stepsOf(this.#current.lines).length; index++) {
      const steps = stepsOf(this.#current.lines);
      const act = steps[index]?.act;
      if (act && 'call' in act && act.to === 'send' && act.bytes.length > 1)
        await this.#tries(
          this.#current,
          replaced(steps, index, { ...act, bytes: act.bytes.slice(0, 1), cut: 0 }),
        );
    }
  }

  /** As {@link #reaches}. False where the driver cannot start, as without an option that brings the port to its state. */
  async #tries(
    recording: DriverRecording,
    steps: readonly Step[] = stepsOf(recording.lines),
  ): Promise<boolean> {
    try {
      return await this.#reaches(recording, steps);
    } catch (error) {
      if (error instanceof CannotStartError) return false;
      throw error;
    }
  }

  /**
   * If a free run of these steps reaches the target, and the replay of its recording up to there does not differ, keeps that
   * recording.
   * @param steps those of `recording`, or some of them: their times and its end count from the same start
   */
  async #reaches(recording: DriverRecording, steps: readonly Step[]): Promise<boolean> {
    const last = recording.lines.at(-1)?.at ?? 0;
    const waits = last - (steps.at(-1)?.at ?? 0);
    const { lines } = await runFreely(recording, steps, waits * 1.2 + MARGIN_MS);
    const end = lines.findIndex((line) => decisionText(line) === this.#target);
    if (end < 0) return false;
    const snapshot = recording.lines.find((line) => 'snapshot' in line);
    const kept = [...(snapshot ? [{ ...snapshot, at: 0 }] : []), ...lines.slice(0, end + 1)];
    const found = parseDriverRecording(recordingText(recording.heading, kept));
    if ((await replayDriver(found)).difference) return false;
    this.#current = found;
    return true;
  }
}

function replaced(steps: readonly Step[], index: number, act: Step['act']): Step[] {
  return steps.map((step, at) => (at === index ? { ...step, act } : step));
}

/** The text that the comparison uses for a decision, without the number of its call. */
function decisionText(line: RecordingLine): string {
  return isDecision(line) ? JSON.stringify({ ...line, at: undefined, settled: 0 }) : '';
}
