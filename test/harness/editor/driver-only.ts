/**
 * Codes and names that no flow and no dialog gets, so that the catalogs of the nodes lack them: of `Device.command()`
 * and the class WebSocket, of options that no node sets, and of an examination with a URI.
 */
export const driverOnly: ReadonlySet<string> = new Set([
  ...['COMMAND_QUEUE_FULL', 'INVALID_COMMAND', 'NOT_COMMAND', 'RESERVED_COMMAND'],
  ...['NO_FREE_LINK', 'PAUSE_BUFFER_FULL', 'MESSAGE_NOT_TEXT'],
  ...['recorderBytes', 'idPosition', 'typePosition'],
  ...['ECHO_NOT_OPEN', 'ECHO_NOT_SENT', 'ECHO_NOT_BACK'],
]);
