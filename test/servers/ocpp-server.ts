import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { RPCServer, type RPCClient } from 'ocpp-rpc';

/** An OCPP 1.6 central system, which accepts each boot. @param onClient called with each charge point that connects */
export function ocppServer(http: Server, onClient: (client: RPCClient) => void = () => undefined) {
  const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: false });
  server.auth((accept) => accept());
  server.on('client', (client: RPCClient) => {
    client.handle('BootNotification', async () => ({ status: 'Accepted', interval: 300 }));
    onClient(client);
  });
  http.on('upgrade', (request, socket: Socket, head) => {
    void server.handleUpgrade(request, socket, head);
  });
  return { close: () => server.close({ force: true }) };
}
