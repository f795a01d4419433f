import type { Random } from '../random';
import {
  responseBufferBytes,
  newKey,
  readResponse,
  upgradeRequest,
  type UpgradeOptions,
} from './handshake';
import type { Socket } from './socket';

/**
 * Upgrades a connection to WebSocket.
 *
 * @param timeout limit of each read of the response, in milliseconds
 * @param done called with the bytes behind the response in the firmware's buffer; with undefined after a failure
 */
export function upgrade(
  socket: Socket,
  options: UpgradeOptions,
  random: Random,
  timeout: number,
  done: (rest: Buffer | undefined) => void,
): void {
  const { keepsEarlyFrames } = options.firmware;
  const key = newKey(random);
  const request = upgradeRequest(options, key);
  if (!request) {
    done(undefined);
    return;
  }
  let received: Buffer = Buffer.alloc(0);
  const read = (readable: boolean) => {
    if (!readable || socket.finished) {
      done(undefined);
      return;
    }
    const room = responseBufferBytes(keepsEarlyFrames) - received.length;
    received = Buffer.concat([received, socket.take(room)]);
    const response = readResponse(received, key, keepsEarlyFrames);
    if (response.kind === 'incomplete') socket.wait(timeout, read, true);
    else done(response.kind === 'accepted' ? response.rest : undefined);
  };
  socket.write(request);
  socket.wait(timeout, read, true);
}
