/** The part of the test helper that these tests use. The package has no types. */
declare module 'node-red-node-test-helper' {
  import type { Node, NodeAPI } from 'node-red';
  import type { SinonSpy } from 'sinon';
  import type { Test } from 'supertest';

  export class NodeTestHelper {
    init(runtimePath: string, settings?: object): void;
    settings(settings: object): object;
    load(
      nodes: readonly ((RED: NodeAPI) => void)[],
      flow: readonly object[],
      credentials?: object,
    ): Promise<void>;
    unload(): Promise<void>;
    setFlows(
      flow: readonly object[],
      type: 'full' | 'flows' | 'nodes',
      credentials?: object,
    ): Promise<void>;
    getNode(id: string): Node | null;
    log(): SinonSpy;
    request(): {
      get(path: string): Test;
      post(path: string): { send(body: object): PromiseLike<unknown> };
    };
  }
}
