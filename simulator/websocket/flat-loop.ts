/**
 * Returns a function that runs `step`. A call from within the step runs it again after the step, so that the stack does
 * not grow.
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
