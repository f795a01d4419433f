import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { isObject } from '../../driver/link/request/json-path';

/**
 * A server that follows Home Assistant's documented WebSocket API: it speaks first (`auth_required`), in one segment with
 * its 101.
 */
export function homeAssistantServer(http: Server, token: string) {
  const server = new WebSocketServer({ noServer: true });
  const subscribers = new Map<WebSocket, Set<number>>();
  http.on('upgrade', (request, socket: Duplex, head) => {
    if (request.url !== '/api/websocket') return void socket.destroy();
    // What is written while the socket is corked leaves as one segment.
    socket.cork();
    server.handleUpgrade(request, socket, head, (client) => {
      accept(client);
      socket.uncork();
    });
  });

  function accept(client: WebSocket): void {
    const say = (message: object) => client.send(JSON.stringify(message));
    say({ type: 'auth_required', ha_version: '2026.11.0' });
    let isKnown = false;
    client.on('close', () => subscribers.delete(client));
    client.on('message', (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString());
      if (!isObject(message)) return;
      if (!isKnown) {
        isKnown = message.type === 'auth' && message.access_token === token;
        say({ type: isKnown ? 'auth_ok' : 'auth_invalid', ha_version: '2026.11.0' });
        return;
      }
      const { id, type, service, target } = message;
      switch (type) {
        case 'ping':
          return say({ id, type: 'pong' });
        case 'get_states':
          return say({ id, type: 'result', success: true, result: [] });
        case 'subscribe_events':
          subscribers.set(client, (subscribers.get(client) ?? new Set()).add(Number(id)));
          return say({ id, type: 'result', success: true, result: null });
        case 'call_service':
          say({ id, type: 'result', success: true, result: null });
          return fire(stateChanged(service, target));
        case 'supported_features':
          return say({ id, type: 'result', success: true, result: null });
        default:
          return say({
            id,
            type: 'result',
            success: false,
            error: { code: 'unknown_command', message: 'Unknown command.' },
          });
      }
    });
  }

  function fire(event: object): void {
    for (const [client, ids] of subscribers)
      for (const id of ids) client.send(JSON.stringify({ id, type: 'event', event }));
  }

  return {
    get subscriptions(): number {
      return [...subscribers.values()].reduce((sum, { size }) => sum + size, 0);
    },
    /** Sends an event to its subscribers. */
    fire,
    close: () => server.close(),
  };
}

/** The event that a service of a light causes. */
function stateChanged(service: unknown, target: unknown): object {
  const entity_id = isObject(target) ? target.entity_id : undefined;
  const new_state = { entity_id, state: service === 'turn_on' ? 'on' : 'off' };
  return { event_type: 'state_changed', data: { entity_id, new_state } };
}
