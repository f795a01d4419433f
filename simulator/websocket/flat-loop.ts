/**
 * Makes a function that runs `step`. A call from within the step runs it once more afterwards, so that the stack
 * stays flat however long the chain.
 */
export function flatLoop(step: () => void): () => void {
  let running = false;
  let again = false;
  return () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      step();
    }
    running = false;
  };
}
