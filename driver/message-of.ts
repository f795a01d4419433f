/** Returns the message of any thrown value, also of one that is no Error, such as JSONata throws. Never throws. */
export function messageOf(error: unknown): string {
  try {
    const isObject = typeof error === 'object' && error !== null;
    return String(isObject && 'message' in error ? error.message : error);
  } catch {
    return typeof error;
  }
}
