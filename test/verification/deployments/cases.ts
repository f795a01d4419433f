import type { FlowModel, OpenNode } from './flow';

export type DeployType = 'full' | 'flows' | 'nodes' | 'restart';
/** The state of link 0 at the deployment. */
export type Step = 'initializing' | 'opening' | 'open' | 'reconnecting' | 'backingOff' | 'closing';
export type Mode = 'keepOpen' | 'message';
/** What begins with the deployment: a fault of the device; or its examination by a dialog, while a flow connects it. */
type DeviceTrouble = 'none' | 'silent' | 'slow' | 'refusing' | 'examined';

/** A change of the flow, in one or several deployments. */
export interface Change {
  readonly name: string;
  /** Settings of the device before the change. */
  readonly device?: Readonly<Record<string, unknown>>;
  /** Makes the flow before the change. */
  readonly prepare?: (flow: FlowModel) => FlowModel;
  /** One flow for each deployment. */
  readonly apply: (before: FlowModel) => readonly FlowModel[];
  /** Whether it needs a serial line with a rate. */
  readonly needsRate?: boolean;
  /** The types of deployment that make it; absent: all but `restart`. */
  readonly types?: readonly DeployType[];
}

/** One deployment in one situation. */
export interface Case {
  readonly change: Change;
  readonly type: DeployType;
  readonly step: Step;
  /** The path of link 0 before the change. */
  readonly path: string;
  readonly mode: Mode;
  readonly trouble: DeviceTrouble;
  /** Milliseconds from the step to the deployment. */
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
  { name: 'disable-device', apply: (flow) => [{ ...flow, configNode: 'disabled' }] },
  { name: 'delete-device', apply: (flow) => [{ ...flow, configNode: 'deleted' }] },
  { name: 'replace-device', apply: (flow) => [{ ...flow, configNode: 'replaced' }] },
  { name: 'undo-device', apply: (flow) => [{ ...flow, configNode: 'disabled' }, flow] },
  { name: 'disable', apply: (flow) => [withOpen(flow, { disabled: true })] },
  {
    name: 'delete',
    apply: (flow) => [{ ...flow, opens: flow.opens.filter(({ id }) => id !== 'open') }],
  },
  {
    name: 'delete-rival',
    // Opens the same link, and owns it from then on.
    prepare: (flow) => ({
      ...flow,
      opens: flow.opens.flatMap((node) => [node, { ...node, id: 'rival', keepOpen: true }]),
    }),
    apply: (flow) => [{ ...flow, opens: flow.opens.filter(({ id }) => id !== 'rival') }],
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

/** The paths with which link 0 can reach a step: the server accepts, is silent, is slow, refuses. */
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
const troubles: readonly DeviceTrouble[] = ['none', 'silent', 'slow', 'refusing', 'examined'];
const delays = [0, 350, 2500] as const;

/** All cases, in a fixed order. */
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

/** The name of a case on the command line. */
export function nameOf({ change, type, step, path, mode, trouble, afterMs }: Case): string {
  return [change.name, type, step, path.slice(1), mode, trouble, afterMs].join(':');
}

/** @throws Error for a name that no case has */
export function caseNamed(name: string): Case {
  const found = allCases().find((each) => nameOf(each) === name);
  if (found) return found;
  throw new Error(`there is no case "${name}"`);
}
