import { EspAtError } from '../../../driver/errors';
import type { NodeRed } from '../../harness/nodes/node-red';
import {
  statusProblems,
  disagreements,
  expectationOf,
  neverAccepts,
  type Expectation,
} from './agreement';
import type { Case, Step } from './cases';
import { DeploymentHarness } from './deployment-harness';
import { hasConfigNode, type FlowModel, type OpenNode } from './flow';

/** Limit of the wait for a step. */
const STEP_TIMEOUT_MS = 60_000;
/** Troubles last this long from the deployment on. */
const TROUBLE_MS = 10_000;
/** After the troubles, all must agree within this time. */
const AGREEMENT_TIMEOUT_MS = 60_000;
/** Limit of the wait for the next attempt of a link whose server never accepts. */
const RETRY_TIMEOUT_MS = 120_000;
/** Limit of the wait for the end of an input. */
const INPUT_TIMEOUT_MS = 120_000;
/** A message each way takes less than this. */
const ROUND_TRIP_MS = 2000;
/** Attempts to open a link by a message when the device is lost meanwhile. */
const MESSAGE_ATTEMPTS = 3;
const deviceLosses = ['DEVICE_RESTARTED', 'DEVICE_UNRESPONSIVE', 'OUT_OF_SYNC'];
/** A slow device answers each command this late. */
const LATE_MS = 300;

/** The result of a case. */
export interface Result {
  readonly problems: readonly string[];
  /** Milliseconds from the end of the troubles until all agreed. */
  readonly agreedAfterMs: number;
}

/** Deploys a flow in a situation, and checks that the statuses of its nodes, driver, device and server agree with it in the end. */
export async function runCase(nodeRed: NodeRed, each: Case): Promise<Result> {
  const harness = new DeploymentHarness(nodeRed, { rate: each.change.needsRate === true });
  const keepOpen = each.mode === 'keepOpen';
  const { device = {}, prepare } = each.change;
  const plain: FlowModel = {
    device,
    configNode: 'present',
    opens: [{ id: 'open', link: '0', path: each.path, keepOpen }],
  };
  const before = prepare?.(plain) ?? plain;
  await harness.load(before);
  const { problems } = harness;
  if (each.step !== 'initializing') harness.simulator.powerOn();
  if (!keepOpen) harness.give('open', {});
  if (!(await reach(harness, each.step))) problems.push(`the step ${each.step} was not reached`);
  if (each.step === 'initializing') harness.clock.after(1000, () => harness.simulator.powerOn());
  await harness.pass(each.afterMs);

  const node = nodeRed.find('open');
  const endTroubles = beginTroubles(harness, each);
  harness.give('send', { payload: 'before', linkId: 0 });
  const flows = each.change.apply(before);
  for (const flow of flows) await harness.deploy(flow, each.type);
  const after = flows.at(-1) ?? before;
  await harness.pass(TROUBLE_MS);
  endTroubles();
  const restarted = nodeRed.find('open') !== node;
  if (!keepOpen) await openByMessage(harness, after.opens);

  // A ws-close has closed the link, and the deployment has kept the node, which opens it no more.
  const wasClosed = each.step === 'closing' && keepOpen && !restarted;
  const opensLink = ({ id }: OpenNode) => !(id === 'open' && wasClosed);
  const expectation = {
    ...expectationOf(after, opensLink),
    mayLeaveOpen: mayLeaveOpen(each, after),
  };
  const agreedAfterMs = await agree(harness, expectation);
  await checkUse(harness, nodeRed, expectation);
  await checkRetries(harness, after, opensLink);
  await harness.until(() => harness.watch.endings.size >= harness.given.size, INPUT_TIMEOUT_MS);
  await harness.end();
  return { problems, agreedAfterMs };
}

/** Opens links by messages. Repeats a message when the device is lost meanwhile, as a flow would. */
async function openByMessage(
  harness: DeploymentHarness,
  nodes: readonly OpenNode[],
): Promise<void> {
  const errorOf = (name: string) => harness.watch.endings.get(name)?.[0]?.error;
  let ids = nodes.map(({ id }) => id);
  for (let attempt = 0; attempt < MESSAGE_ATTEMPTS && ids.length > 0; attempt++) {
    const inputs = ids.map((id) => [id, harness.give(id, {})] as const);
    const names = inputs.flatMap(([, name]) => name ?? []);
    await harness.until(
      () => names.every((name) => harness.watch.endings.has(name)),
      INPUT_TIMEOUT_MS,
    );
    const again = ([, name]: (typeof inputs)[number]) =>
      name !== undefined && deviceLosses.includes(codeOf(errorOf(name)));
    ids = inputs.filter(again).map(([id]) => id);
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error && 'code' in error ? String(error.code) : '';

/** Whether the device keeps its connections: the flow drops it while it is busy or refuses all commands. */
function mayLeaveOpen({ trouble, path }: Case, after: FlowModel): boolean {
  return !hasConfigNode(after) && (trouble !== 'none' || path.startsWith('/slow'));
}

/** Lets time pass until link 0 reaches a step. */
async function reach(harness: DeploymentHarness, step: Step): Promise<boolean> {
  const happened = (event: string) => () => harness.events.some((each) => each.event === event);
  const state =
    (...states: number[]) =>
    () =>
      states.includes(harness.device.links[0].stateNumber);
  switch (step) {
    case 'initializing':
      return true;
    case 'opening':
      return harness.until(happened('opening'), STEP_TIMEOUT_MS);
    case 'open':
      return harness.until(state(2), STEP_TIMEOUT_MS);
    case 'backingOff':
      return harness.until(happened('failed'), STEP_TIMEOUT_MS);
    case 'reconnecting':
      if (!(await harness.until(state(2), STEP_TIMEOUT_MS))) return false;
      harness.refuses = true;
      for (const connection of harness.connections) connection.reset();
      return harness.until(state(1, 3), STEP_TIMEOUT_MS);
    case 'closing':
      if (!(await harness.until(state(2), STEP_TIMEOUT_MS))) return false;
      harness.server.behavior.answersCloses = false;
      harness.give('close', { linkId: 0 });
      return harness.until(state(4), STEP_TIMEOUT_MS);
  }
}

/** Begins the trouble of a case. @returns a function that ends it and all other troubles */
function beginTroubles(harness: DeploymentHarness, { trouble }: Case): () => void {
  const endDevice = beginTrouble(harness, trouble);
  return () => {
    endDevice();
    harness.refuses = false;
    harness.server.behavior.answersCloses = true;
  };
}

function beginTrouble(harness: DeploymentHarness, trouble: Case['trouble']): () => void {
  const { simulator, faults } = harness;
  if (trouble === 'none') return () => undefined;
  if (trouble === 'examined') {
    const controller = harness.examine();
    harness.give('board', { action: 'connect' });
    return () => controller.abort(new EspAtError('DEVICE_UNRESPONSIVE'));
  }
  if (trouble === 'silent') {
    simulator.powerOff();
    return () => simulator.powerOn();
  }
  const scope = { command: 'AT', count: 1_000_000 };
  const fault =
    trouble === 'slow'
      ? faults.inject('late', { ...scope, duration: LATE_MS })
      : faults.inject('error', scope);
  return () => fault.end();
}

/** Lets time pass until all agree, and 20 s more: they must stay so. Returns the milliseconds until they agreed. */
async function agree(harness: DeploymentHarness, expectation: Expectation): Promise<number> {
  const began = harness.clock.now();
  const all = () => [
    ...disagreements(harness, expectation),
    ...statusProblems((id) => harness.watch.statuses.get(id), expectation),
  ];
  await harness.until(() => all().length === 0, AGREEMENT_TIMEOUT_MS);
  const took = harness.clock.now() - began;
  if (took < AGREEMENT_TIMEOUT_MS) await harness.pass(20_000);
  harness.problems.push(...all());
  if (!hasConfigNode(expectation.flow)) return took;
  const states = await harness.askDevice();
  for (const { id, stateNumber } of harness.device.links) {
    const { problems } = harness;
    if (states.get(id) !== stateNumber)
      problems.push(`the device has link ${id} in ${states.get(id)}`);
  }
  return took;
}

/** Checks that a message passes each way over each open link. */
async function checkUse(
  harness: DeploymentHarness,
  nodeRed: NodeRed,
  { open }: Expectation,
): Promise<void> {
  for (const [link, path] of open) {
    const text = `use ${link}`;
    harness.give('send', { payload: text, linkId: link });
    const connection = harness.connections.find(({ request }) => request.target === path);
    connection?.send({ fin: true, opcode: 1, payload: Buffer.from(text) });
    await harness.pass(ROUND_TRIP_MS);
    const arrived = harness.arrived.filter((each) => each.text === text);
    if (arrived.length !== 1 || arrived[0]?.path !== path)
      harness.problems.push(`link ${link}: the server got ${JSON.stringify(arrived)}`);
    const received = nodeRed.waiting('in').filter(({ payload }) => payload === text);
    if (received.length !== 1) harness.problems.push(`link ${link}: ${received.length} came in`);
  }
}

/** Checks that a link with `keepOpen` whose server never accepts retries with the deployed URI. */
async function checkRetries(
  harness: DeploymentHarness,
  flow: FlowModel,
  opensLink: (node: OpenNode) => boolean,
): Promise<void> {
  for (const node of flow.opens) {
    const { path, keepOpen, disabled } = node;
    if (!hasConfigNode(flow) || !neverAccepts(path) || !keepOpen || disabled || !opensLink(node))
      continue;
    const tries = () => harness.server.requests.filter(({ target }) => target === path).length;
    const before = tries();
    if (!(await harness.until(() => tries() > before, RETRY_TIMEOUT_MS)))
      harness.problems.push(`${path} has no further attempt within ${RETRY_TIMEOUT_MS} ms`);
  }
}
