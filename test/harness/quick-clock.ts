/** Runs ten times as fast as real time, so that a test can wait for the simulated device's own pauses of 5 and 10 s. */
export const quickClock = {
  now: () => performance.now() * 10,
  after(delay: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delay / 10);
    return () => clearTimeout(timer);
  },
};
