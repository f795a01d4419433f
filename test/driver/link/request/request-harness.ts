import assert from 'node:assert/strict';
import { EspAtError } from '../../../../driver/errors';
import type {
  Reply,
  RequestOptions,
  RequestPayload,
} from '../../../../driver/link/request/options';
import type { WsConnection } from '../../../harness/network/ws-server';
import { Harness, type HarnessOptions } from '../../../harness/harness';

/** How a request ended: the reply's text, or the code and outcome of its error. */
export type Ending = string;

/** A harness with link 0 open to a server that the test speaks for. */
export async function requestHarness(options: HarnessOptions = {}) {
  const harness = new Harness(options);
  await harness.ready();
  const [link] = harness.device.links;
  await harness.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
  await harness.clock.advance(10);
  const connection = (): WsConnection => {
    const latest = harness.server.connections.at(-1);
    assert.ok(latest);
    return latest;
  };
  const requested = (): string[] =>
    connection()
      .frames.filter(({ opcode }) => opcode < 8)
      .map(({ payload }) => payload.toString());
  return {
    harness,
    link,
    connection,
    /** The texts of the requests that have reached the server on this connection. */
    requested,
    /** Has the server send a text, and lets it arrive. */
    serve: async (text: string) => {
      connection().send({ fin: true, opcode: 1, payload: Buffer.from(text) });
      await harness.clock.advance(20);
    },
    /** Sends a request, and lets it arrive. */
    ask: async (payload: RequestPayload, request: RequestOptions) => {
      const asked: { ending?: Ending; reply?: Reply } = {};
      link.request(payload, request).then(
        (reply) => {
          asked.reply = reply;
          asked.ending = reply.message.bytes.toString();
        },
        (error: unknown) => {
          assert.ok(error instanceof EspAtError, String(error));
          asked.ending = `${error.code} ${error.outcome ?? ''}`;
        },
      );
      await harness.clock.advance(20);
      return asked;
    },
    /** The texts that the link has emitted. */
    emitted: () => harness.messages.map(({ bytes }) => bytes.toString()),
  };
}
