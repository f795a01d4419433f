import type { FlowModel, OpenNode } from './flow';

export type DeployType = 'full' | 'flows' | 'nodes' | 'restart';
/** Where link 0 is when the flow is deployed. */
export type Step = 'initializing' | 'opening' | 'open' | 'reconnecting' | 'backingOff' | 'closing';
export type Mode = 'keepOpen' | 'message';
/** What is wrong with the device from the deployment on, for a while. */
export type DeviceTrouble = 'none' | 'silent' | 'slow' | 'refusing';

/** What a deployment changes; several deployments one right after another. */
export interface Change {
  readonly name: string;
  /** What the device is set to before. */
  readonly device?: Readonly<Record<string, unknown>>;
  /** One flow for each deployment. */
  readonly apply: (before: FlowModel) => readonly FlowModel[];
  /** Whether it needs a serial line with a rate. */
  readonly needsRate?: boolean;
  /** Only these types of deployment do it. */
  readonly types?: readonly DeployType[];
}

/** One deployment in one situation. */
export interface Case {
  readonly change: Change;
  readonly type: DeployType;
  readonly step: Step;
  /** The path that link 0 is opened to before. */
  readonly path: string;
  readonly mode: Mode;
  readonly trouble: DeviceTrouble;
  /** Milliseconds from reaching the step until the flow is deployed. */
  readonly afterMs: number;
}

const withOpen = (flow: FlowModel, change: Partial<OpenNode>): FlowModel => ({
  ...flow,
  opens: flow.opens.map((node) => (node.id === 'open' ? { ...node, ...change } : node)),
});

const withDevice = (flow: FlowModel, settings: Readonly<Record<string, unknown>>): FlowModel => ({
  ...flow,
  device: { ...flow.device, ...settings },
});

export const changes: readonly Change[] = [
  { name: 'nothing', apply: (flow) => [flow], types: ['full', 'restart'] },
  {
    name: 'add',
    apply: (flow) => [
      {
        ...flow,
        opens: [...flow.opens, { id: 'added', link: '1', path: '/added', keepOpen: true }],
      },
    ],
  },
  { name: 'uri', apply: (flow) => [withOpen(flow, { path: '/corrected' })] },
  { name: 'link', apply: (flow) => [withOpen(flow, { link: '1' })] },
  { name: 'node-settings', apply: (flow) => [withOpen(flow, { name: 'renamed' })] },
  {
    name: 'device-settings',
    apply: (flow) => [withDevice(flow, { links: [{ pingInterval: '20' }] })],
  },
  { name: 'users', apply: (flow) => [{ ...flow, usersName: 'renamed' }] },
  { name: 'disable-device', apply: (flow) => [{ ...flow, board: 'disabled' }] },
  { name: 'delete-device', apply: (flow) => [{ ...flow, board: 'deleted' }] },
  { name: 'replace-device', apply: (flow) => [{ ...flow, board: 'replaced' }] },
  { name: 'undo-device', apply: (flow) => [{ ...flow, board: 'disabled' }, flow] },
  { name: 'disable', apply: (flow) => [withOpen(flow, { disabled: true })] },
  {
    name: 'delete',
    apply: (flow) => [{ ...flow, opens: flow.opens.filter(({ id }) => id !== 'open') }],
  },
  { name: 'undo', apply: (flow) => [withOpen(flow, { path: '/mistaken' }), flow] },
  {
    name: 'thrice',
    apply: (flow) => ['/one', '/two', '/three'].map((path) => withOpen(flow, { path })),
  },
  {
    name: 'raise-rate',
    needsRate: true,
    apply: (flow) => [withDevice(flow, { raiseTo: '921600' })],
  },
  {
    name: 'change-rate',
    needsRate: true,
    device: { raiseTo: '921600' },
    apply: (flow) => [withDevice(flow, { raiseTo: '460800' })],
  },
  {
    name: 'lower-rate',
    needsRate: true,
    device: { raiseTo: '921600' },
    apply: (flow) => [withDevice(flow, { raiseTo: '' })],
  },
  {
    name: 'automatic-rate',
    needsRate: true,
    apply: (flow) => [withDevice(flow, { autoRate: true })],
  },
  {
    name: 'fixed-rate',
    needsRate: true,
    device: { autoRate: true },
    apply: (flow) => [withDevice(flow, { autoRate: false })],
  },
];

/** Paths from which a step can be reached: the server accepts, is silent, is slow, refuses. */
const situations: readonly { readonly step: Step; readonly paths: readonly string[] }[] = [
  { step: 'initializing', paths: ['/fine', '/silent', '/slow=3000', '/401'] },
  { step: 'opening', paths: ['/silent', '/slow=3000'] },
  { step: 'open', paths: ['/fine'] },
  { step: 'reconnecting', paths: ['/fine'] },
  { step: 'backingOff', paths: ['/401'] },
  { step: 'closing', paths: ['/fine'] },
];
const deployTypes: readonly DeployType[] = ['full', 'flows', 'nodes'];
const modes: readonly Mode[] = ['keepOpen', 'message'];
const troubles: readonly DeviceTrouble[] = ['none', 'silent', 'slow', 'refusing'];
const delays = [0, 350, 2500] as const;

/** Every case there is, in a fixed order. */
export function allCases(): Case[] {
  return changes.flatMap((change) =>
    (change.types ?? deployTypes).flatMap((type) =>
      situations.flatMap(({ step, paths }) =>
        paths.flatMap((path) =>
          modes.flatMap((mode) =>
            troubles.flatMap((trouble) =>
              delays.map((afterMs) => ({ change, type, step, path, mode, trouble, afterMs })),
            ),
          ),
        ),
      ),
    ),
  );
}

/** A case as one word of the command line. */
export function nameOf({ change, type, step, path, mode, trouble, afterMs }: Case): string {
  return [change.name, type, step, path.slice(1), mode, trouble, afterMs].join(':');
}

/** @throws Error for a name that no case has */
export function caseNamed(name: string): Case {
  const found = allCases().find((each) => nameOf(each) === name);
  if (found) return found;
  throw new Error(`there is no case "${name}"`);
}
