/** Milliseconds in which a context store or an expression has to give its value: some never call back. */
const VALUE_TIMEOUT_MS = 10_000;

type Callback<T> = (error: Error | null | undefined, value: T) => void;

/** Resolves with the value that `begin` calls back with. Rejects with its error, or if it does not call back in time. */
export function calledBack<T>(begin: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no value within ${String(VALUE_TIMEOUT_MS)} ms`)),
      VALUE_TIMEOUT_MS,
    );
    begin((error, value) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(value);
    });
  });
}
