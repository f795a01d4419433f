/** The part of the test helper that these tests use. The package has no types. */
declare module 'node-red-node-test-helper' {
  import type { EventEmitter } from 'node:events';
  import type { Node, NodeAPI } from 'node-red';
  import type { SinonSpy } from 'sinon';
  import type { Test } from 'supertest';

  export class NodeTestHelper {
    readonly _events: EventEmitter;
    /** The runtime's own: the `setFlows` of the helper gives the flows 300 ms to start. */
    readonly _redNodes: {
      setFlows(
        flow: readonly object[],
        credentials: object,
        type: 'full' | 'flows' | 'nodes',
      ): Promise<unknown>;
      loadFlows(isForced: boolean): Promise<unknown>;
    };
    init(runtimePath: string, settings?: object): void;
    settings(settings: object): object;
    load(
      nodes: readonly ((RED: NodeAPI) => void)[],
      flow: readonly object[],
      credentials?: object,
    ): Promise<void>;
    unload(): Promise<void>;
    getNode(id: string): Node | null;
    log(): SinonSpy;
    request(): {
      get(path: string): Test;
      post(path: string): { send(body: object): PromiseLike<unknown> };
    };
  }
}
