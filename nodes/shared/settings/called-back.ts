type Callback<T> = (error: Error | null | undefined, value: T) => void;

/** Resolves with the value that `begin` calls back with. Rejects with its error. */
export function calledBack<T>(begin: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    begin((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}
