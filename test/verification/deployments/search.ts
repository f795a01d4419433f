import type { NodeRed } from '../../harness/nodes/node-red';
import {
  canvasProblems,
  disagreements,
  expectationOf,
  isVain,
  type Expectation,
} from './agreement';
import type { Case, Step } from './cases';
import { DeploymentHarness } from './deployment-harness';
import { hasBoard, type FlowModel, type OpenNode } from './flow';

/** Milliseconds within which a step is reached. */
const STEP_MS = 60_000;
/** Milliseconds that troubles last from the deployment on. */
const TROUBLE_MS = 10_000;
/** Milliseconds after that in which all have to agree. */
const AGREE_MS = 60_000;
/** Milliseconds in which a link that is opened in vain is tried again. */
const RETRY_MS = 120_000;
/** Milliseconds that an input may take at most, and a message both ways. */
const INPUT_MS = 120_000;
const PASSAGE_MS = 2000;
/** How often a message is given that fails because the device is lost. */
const MESSAGE_ATTEMPTS = 3;
const deviceLosses = ['DEVICE_RESTARTED', 'DEVICE_UNRESPONSIVE', 'OUT_OF_SYNC'];
/** Milliseconds by which each command is answered late by a slow device. */
const LATE_MS = 300;

/** What came of a case. */
export interface Result {
  readonly problems: readonly string[];
  /** Milliseconds from the end of the troubles until all agreed. */
  readonly agreedAfterMs: number;
}

/** Deploys a flow in a situation, and checks that canvas, driver, device and server agree with it in the end. */
export async function runCase(nodeRed: NodeRed, each: Case): Promise<Result> {
  const harness = new DeploymentHarness(nodeRed, { rate: each.change.needsRate === true });
  const keepOpen = each.mode === 'keepOpen';
  const before: FlowModel = {
    device: each.change.device ?? {},
    opens: [{ id: 'open', link: '0', path: each.path, keepOpen }],
  };
  await harness.load(before);
  const { problems } = harness;
  if (each.step !== 'initializing') harness.simulator.powerOn();
  if (!keepOpen) harness.give('open', {});
  if (!(await reach(harness, each.step))) problems.push(`the step ${each.step} was not reached`);
  if (each.step === 'initializing') harness.clock.after(1000, () => harness.simulator.powerOn());
  await harness.pass(each.afterMs);

  const node = nodeRed.find('open');
  const endTrouble = begin(harness, each);
  harness.give('send', { payload: 'before', linkId: 0 });
  const flows = each.change.apply(before);
  for (const flow of flows) await harness.deploy(flow, each.type);
  const after = flows.at(-1) ?? before;
  await harness.pass(TROUBLE_MS);
  endTrouble();
  const restarted = nodeRed.find('open') !== node;
  if (!keepOpen) await openByMessage(harness, after.opens);

  const wasClosed = each.step === 'closing' && keepOpen && !restarted;
  const asks = ({ id }: OpenNode) => !(id === 'open' && wasClosed);
  const expectation = { ...expectationOf(after, asks), mayLeaveOpen: mayLeaveOpen(each, after) };
  const agreedAfterMs = await agree(harness, expectation);
  await checkUse(harness, nodeRed, expectation);
  await checkRetries(harness, after, asks);
  await harness.until(() => harness.watch.endings.size >= harness.given.size, INPUT_MS);
  await harness.end();
  return { problems, agreedAfterMs };
}

/** Opens links as a flow does that gives the message again where the device was lost meanwhile. */
async function openByMessage(
  harness: DeploymentHarness,
  nodes: readonly OpenNode[],
): Promise<void> {
  const errorOf = (name: string) => harness.watch.endings.get(name)?.[0]?.error;
  let ids = nodes.map(({ id }) => id);
  for (let attempt = 0; attempt < MESSAGE_ATTEMPTS && ids.length > 0; attempt++) {
    const inputs = ids.map((id) => [id, harness.give(id, {})] as const);
    const names = inputs.flatMap(([, name]) => name ?? []);
    await harness.until(() => names.every((name) => harness.watch.endings.has(name)), INPUT_MS);
    const again = ([, name]: (typeof inputs)[number]) =>
      name !== undefined && deviceLosses.includes(codeOf(errorOf(name)));
    ids = inputs.filter(again).map(([id]) => id);
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error && 'code' in error ? String(error.code) : '';

/** A device that a flow drops while it is busy, or refuses all commands, keeps its connections. */
function mayLeaveOpen({ trouble, path }: Case, after: FlowModel): boolean {
  return !hasBoard(after) && (trouble !== 'none' || path.startsWith('/slow'));
}

/** Lets time pass until link 0 is at a step. */
async function reach(harness: DeploymentHarness, step: Step): Promise<boolean> {
  const told = (event: string) => () => harness.events.some((each) => each.event === event);
  const state =
    (...states: number[]) =>
    () =>
      states.includes(harness.device.links[0].stateNumber);
  switch (step) {
    case 'initializing':
      return true;
    case 'opening':
      return harness.until(told('opening'), STEP_MS);
    case 'open':
      return harness.until(state(2), STEP_MS);
    case 'backingOff':
      return harness.until(told('failed'), STEP_MS);
    case 'reconnecting':
      if (!(await harness.until(state(2), STEP_MS))) return false;
      harness.refuses = true;
      for (const connection of harness.connections) connection.reset();
      return harness.until(state(1, 3), STEP_MS);
    case 'closing':
      if (!(await harness.until(state(2), STEP_MS))) return false;
      harness.server.behavior.answersCloses = false;
      harness.give('close', { linkId: 0 });
      return harness.until(state(4), STEP_MS);
  }
}

/** @returns what ends the troubles */
function begin(harness: DeploymentHarness, { trouble }: Case): () => void {
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

/** Lets time pass until all agree, and for a while longer: it has to stay so. Returns how long it took. */
async function agree(harness: DeploymentHarness, expectation: Expectation): Promise<number> {
  const began = harness.clock.now();
  const all = () => [
    ...disagreements(harness, expectation),
    ...canvasProblems((id) => harness.watch.statuses.get(id), expectation),
  ];
  await harness.until(() => all().length === 0, AGREE_MS);
  const took = harness.clock.now() - began;
  if (took < AGREE_MS) await harness.pass(20_000);
  harness.problems.push(...all());
  if (!hasBoard(expectation.flow)) return took;
  const states = await harness.askDevice();
  for (const { id, stateNumber } of harness.device.links) {
    const { problems } = harness;
    if (states.get(id) !== stateNumber)
      problems.push(`the device has link ${id} in ${states.get(id)}`);
  }
  return took;
}

/** A message passes each way over each link that is open. */
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
    await harness.pass(PASSAGE_MS);
    const arrived = harness.arrived.filter((each) => each.text === text);
    if (arrived.length !== 1 || arrived[0]?.path !== path)
      harness.problems.push(`link ${link}: the server got ${JSON.stringify(arrived)}`);
    const received = nodeRed.waiting('in').filter(({ payload }) => payload === text);
    if (received.length !== 1) harness.problems.push(`link ${link}: ${received.length} came in`);
  }
}

/** A link that is kept open is tried again and again, to the URI that is deployed. */
async function checkRetries(
  harness: DeploymentHarness,
  flow: FlowModel,
  asks: (node: OpenNode) => boolean,
): Promise<void> {
  for (const node of flow.opens) {
    const { path, keepOpen, disabled } = node;
    if (!hasBoard(flow) || !isVain(path) || !keepOpen || disabled || !asks(node)) continue;
    const tries = () => harness.server.requests.filter(({ target }) => target === path).length;
    const before = tries();
    if (!(await harness.until(() => tries() > before, RETRY_MS)))
      harness.problems.push(`${path} is not tried again within ${RETRY_MS} ms`);
  }
}
