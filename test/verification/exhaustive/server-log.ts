import type { WsConnection, WsServer } from '../../harness/network/ws-server';
import type { MessageLog, ServerConnection } from '../message-log';

/** Logs the connections and frames of a server. The path of a connection is the number of its link. */
export class ServerLog {
  readonly #accepted = new Map<WsConnection, ServerConnection>();

  constructor({ behavior }: WsServer, log: MessageLog) {
    behavior.onAccept = (connection) => {
      // A corrupt URI leads to another path.
      const link = ([0, 1, 2] as const).find((each) => isOf(connection, each)) ?? 0;
      this.#accepted.set(connection, log.accept(link));
    };
    behavior.onGone = (connection) => {
      const accepted = this.#accepted.get(connection);
      if (accepted) accepted.goneAt ??= log.now;
    };
    behavior.onFrame = (connection, { opcode, payload }) => {
      const accepted = this.#accepted.get(connection);
      if (!accepted || opcode > 2 || payload.length === 0) return;
      if (isOf(connection, accepted.link)) log.atServer(accepted, opcode, payload);
      else log.unmatchedAtServer.push({ at: log.now, link: 0, bytes: payload });
    };
  }

  /** The number of a connection in the log. */
  numberOf(connection: WsConnection): number | undefined {
    return this.#accepted.get(connection)?.number;
  }
}

function isOf({ request }: WsConnection, link: number): boolean {
  return request.target === `/${link}`;
}
