/** Runs `run`; returns the messages of all errors that nothing caught. */
export async function uncaught(run: () => Promise<unknown>): Promise<unknown[]> {
  const errors: unknown[] = [];
  process.setUncaughtExceptionCaptureCallback((error) => errors.push(error.message));
  try {
    await run();
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
  return errors;
}
