/** Calls a user's function. An error of it is uncaught, in a microtask, and skips nothing of the driver's own. */
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
