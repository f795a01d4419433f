/** A wait of a task. Calls `resume` once with the result: at once or later, or never when the task is dropped. */
type Wait<T> = (resume: (result: T) => void) => void;

/** The code of one task of the device. It waits with `yield*`, and so reads from top to bottom. */
export type Task<T> = Generator<Wait<unknown>, T, unknown>;

/** Waits until `start` calls back. */
export function* suspend<T>(start: Wait<T>): Task<T> {
  return (yield start) as T;
}

/** Runs a task. When a wait calls back, the task continues in that turn. Calls `done` with its result. */
export function run<T>(task: Task<T>, done: (result: T) => void): void {
  let resumed: { readonly result: unknown } | undefined = { result: undefined };
  let isRunning = false;
  const resume = (result: unknown) => {
    resumed = { result };
    if (!isRunning) advance();
  };
  // A loop: waits that end at once do not grow the stack.
  const advance = () => {
    isRunning = true;
    while (resumed) {
      const { result } = resumed;
      resumed = undefined;
      const step = task.next(result);
      if (step.done) {
        done(step.value);
        return;
      }
      step.value(resume);
    }
    isRunning = false;
  };
  advance();
}
