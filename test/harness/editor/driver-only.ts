/**
 * Codes and names that no flow and no dialog gets, so that the catalogs of the nodes lack them: of the class WebSocket, of
 * options that no node sets, and of an examination with a URI.
 */
export const driverOnly: ReadonlySet<string> = new Set([
  ...['NO_FREE_LINK', 'PAUSE_BUFFER_FULL', 'MESSAGE_NOT_TEXT'],
  ...['recorderBytes', 'idPosition', 'typePosition'],
  ...['ECHO_NOT_OPEN', 'ECHO_NOT_SENT', 'ECHO_NOT_BACK'],
]);
