/** What `createWebSocketStream` of the package ws reads of a WebSocket's socket. */
export function streamSocket(
  isClosed: () => boolean,
  onClose: (callback: () => void) => void,
): object {
  return {
    _writableState: {
      get finished() {
        return isClosed();
      },
    },
    once: (_: 'finish', callback: () => void) => onClose(callback),
  };
}
