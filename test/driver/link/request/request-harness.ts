import assert from 'node:assert/strict';
import { EspAtError } from '../../../../driver/errors';
import type {
  Reply,
  RequestOptions,
  RequestPayload,
} from '../../../../driver/link/request/options';
import { Harness, type HarnessOptions } from '../../../harness/harness';
import { testWith } from '../../../harness/test-with';

/** How a request ended: the reply's text, or the code and outcome of its error. */
export type Ending = string;

/** A harness with link 0 open to a server that the test speaks for. */
class RequestHarness extends Harness {
  /** Has the server send a text, and lets it arrive. */
  readonly answer = async (payload: string) => {
    this.serve(payload);
    await this.clock.advance(20);
  };
  /** Resets the connection, and waits for the next one. */
  readonly reconnect = async () => {
    this.connection().reset();
    await this.until(() => this.link.stateNumber !== 2, 5000);
    await this.until(() => this.link.stateNumber === 2, 30_000);
  };
  /** Sends a request, and lets it arrive. */
  readonly ask = async (payload: RequestPayload, request: RequestOptions) => {
    const asked: { ending?: Ending; reply?: Reply } = {};
    this.link.request(payload, request).then(
      (reply) => {
        asked.reply = reply;
        asked.ending = reply.message.bytes.toString();
      },
      (error: unknown) => {
        assert.ok(error instanceof EspAtError, String(error));
        asked.ending = `${error.code} ${error.outcome ?? ''}`;
      },
    );
    await this.clock.advance(20);
    return asked;
  };
}

export async function requestHarness(options: HarnessOptions = {}): Promise<RequestHarness> {
  const harness = await new RequestHarness(options).ready();
  await harness.open({ keepOpen: true });
  await harness.clock.advance(10);
  return harness;
}

export const test = testWith(requestHarness);
