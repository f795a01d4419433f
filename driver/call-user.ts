/** Calls a user's function. An error of it becomes an uncaught exception, in a microtask; the driver goes on. */
export function callUser(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    throwUncaught(error);
  }
}

export function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
