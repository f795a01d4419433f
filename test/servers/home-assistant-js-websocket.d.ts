// The package's types are for ES modules only. This is what the tests use.
declare module 'home-assistant-js-websocket' {
  export interface Auth {
    readonly accessToken: string;
  }
  export interface Connection {
    subscribeEvents(listener: (event: unknown) => void, type: string): Promise<() => void>;
    addEventListener(type: 'ready', listener: () => void): void;
    close(): void;
  }
  export function createLongLivedTokenAuth(url: string, token: string): Auth;
  export function createConnection(options: { readonly auth: Auth }): Promise<Connection>;
  export function getStates(connection: Connection): Promise<unknown[]>;
}
