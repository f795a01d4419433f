import assert from 'node:assert/strict';
import type { WebSocketClassOptions } from '../../../driver/web-socket/options';
import type { DeviceWebSocket } from '../../../driver/web-socket/web-socket';
import { Harness, type HarnessOptions } from '../../harness/harness';

// By the sections of https://websockets.spec.whatwg.org

export const URI = 'ws://host/plain';

export async function classHarness(
  options: HarnessOptions = {},
  settings: WebSocketClassOptions = {},
) {
  const harness = new Harness(options);
  await harness.ready();
  const WebSocket = harness.device.webSocketClass(settings);
  const opened = async (path = 'plain', protocols?: string | string[]) => {
    const socket = new WebSocket(`ws://host/${path}`, protocols);
    await harness.clock.until(() => socket.readyState !== 0, 20_000);
    assert.equal(socket.readyState, 1);
    await harness.clock.advance(10);
    return socket;
  };
  return {
    harness,
    WebSocket,
    opened,
    /** Sends a frame from the server, and waits until it has arrived. */
    serve: async (opcode: number, payload: Buffer | string) => {
      harness.server.connections.at(-1)?.send({ fin: true, opcode, payload: Buffer.from(payload) });
      await harness.clock.advance(20);
    },
    /** The data frames that the server has received on the last connection. */
    frames: () =>
      (harness.server.connections.at(-1)?.frames ?? []).filter(({ opcode }) => opcode < 8),
  };
}

/** Records the events of a socket, in order. */
export function story(socket: DeviceWebSocket): string[] {
  const told: string[] = [];
  socket.addEventListener('open', () => told.push(`open ${socket.readyState}`));
  socket.addEventListener('error', () => told.push(`error ${socket.readyState}`));
  socket.onclose = ({ code, reason, wasClean }) =>
    told.push(`close ${socket.readyState} ${code} ${JSON.stringify(reason)} ${wasClean}`);
  return told;
}

export const named = (name: string) => (error: unknown) =>
  error instanceof DOMException && error.name === name;
