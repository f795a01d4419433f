import type { Random } from '../random';
import { answerRoom, newKey, readAnswer, upgradeRequest, type UpgradeOptions } from './handshake';
import type { Socket } from './socket';

/**
 * Asks the server to speak WebSocket.
 *
 * @param timeout milliseconds that each read of the answer may take
 * @param done with the bytes that followed the answer in the device's buffer; undefined when it came to nothing
 */
export function upgrade(
  socket: Socket,
  options: UpgradeOptions,
  random: Random,
  timeout: number,
  done: (rest: Buffer | undefined) => void,
): void {
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
    received = Buffer.concat([
      received,
      socket.take(answerRoom(options.keepsEarlyFrames) - received.length),
    ]);
    const answer = readAnswer(received, key, options.keepsEarlyFrames);
    if (answer.kind === 'incomplete') socket.wait(timeout, read, true);
    else done(answer.kind === 'accepted' ? answer.rest : undefined);
  };
  socket.write(request);
  socket.wait(timeout, read, true);
}
