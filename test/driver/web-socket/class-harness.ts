import assert from 'node:assert/strict';
import type { WebSocketClassOptions } from '../../../driver/web-socket/options';
import type { DeviceWebSocket } from '../../../driver/web-socket/web-socket';
import { Deferred } from '../../../driver/deferred';
import type { Device } from '../../../driver/device/device';
import { testWith } from '../../harness/test-with';
import { Harness, type HarnessOptions } from '../../harness/harness';

// By the sections of https://websockets.spec.whatwg.org

export const URI = 'ws://host/plain';

/** A ready harness with the class WebSocket of its device. */
class ClassHarness extends Harness {
  readonly WebSocket: ReturnType<Device['webSocketClass']>;

  constructor(options: HarnessOptions, settings: WebSocketClassOptions) {
    super(options);
    this.WebSocket = this.device.webSocketClass(settings);
  }

  readonly opened = async (path = 'plain', protocols?: string | string[]) => {
    const socket = new this.WebSocket(`ws://host/${path}`, protocols);
    await this.clock.until(() => socket.readyState !== 0, 20_000);
    assert.equal(socket.readyState, 1);
    await this.clock.advance(10);
    return socket;
  };
  /** An open connection, and what it tells from now on, see {@link events}. */
  readonly heard = async () => {
    const socket = await this.opened();
    return { socket, told: events(socket) };
  };
  /** Sends a message from the server, and waits until it has arrived. */
  readonly arrive = async (opcode: number, payload: Buffer | string) => {
    this.serve(payload, this.connection(), opcode);
    await this.clock.advance(20);
  };
  /** The data frames that the server has received on the last connection. */
  readonly frames = () => this.connection().frames.filter(({ opcode }) => opcode < 8);
}

export const classHarness = (options: HarnessOptions = {}, settings: WebSocketClassOptions = {}) =>
  new ClassHarness(options, settings).ready();

export const test = testWith(classHarness);

/** Records the events of a socket, in order. */
export function events(socket: DeviceWebSocket): string[] {
  const told: string[] = [];
  socket.addEventListener('open', () => told.push(`open ${socket.readyState}`));
  socket.addEventListener('error', () => told.push(`error ${socket.readyState}`));
  socket.onclose = ({ code, reason, wasClean }) =>
    told.push(`close ${socket.readyState} ${code} ${JSON.stringify(reason)} ${wasClean}`);
  return told;
}

/** A Blob whose bytes come once the test calls `read`. */
export function slowBlob(text: string) {
  const blob = new Blob([text]);
  const bytes = new Deferred<ArrayBuffer>();
  blob.arrayBuffer = () => bytes.promise;
  const read = (content: string) => bytes.resolve(new TextEncoder().encode(content).buffer);
  return { blob, read };
}

export const named = (name: string) => (error: unknown) =>
  error instanceof DOMException && error.name === name;
