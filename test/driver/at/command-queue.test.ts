import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommandQueue } from '../../../driver/at/client/command-queue';
import { CommandSequence } from '../../../driver/at/command-sequence';
import type { LinkId, SendSource, Submission } from '../../../driver/at/types';
import { build } from '../../../driver/commands/build';

/** The messages of a link, by name, each with its bytes. */
class Source implements SendSource {
  readonly waiting: { readonly name: string; readonly bytes: number }[] = [];

  constructor(readonly link: LinkId) {}

  peek(): Submission | undefined {
    const [first] = this.waiting;
    return (
      first && {
        link: this.link,
        command: build('AT', { name: first.name }),
        connectionLives: true,
        partlySent: false,
        report: () => undefined,
      }
    );
  }
}

/** A queue with three links. */
function queueOfThree() {
  const queue = new CommandQueue();
  const sources = [new Source(0), new Source(1), new Source(2)] as const;
  for (const source of sources) queue.addSource(source);
  const add = (link: LinkId, name: string, bytes = 10) => {
    sources[link].waiting.push({ name, bytes });
    queue.updateActive();
  };
  const turn = (): string | undefined => {
    const job = queue.nextJob();
    if (!job || job instanceof CommandSequence) return job && 'sequence';
    const bytes = sources[job.link].waiting.shift()?.bytes ?? 0;
    queue.countBytes(job.link, bytes);
    return job.command.name;
  };
  const turns = () => {
    const names: string[] = [];
    for (let name = turn(); name !== undefined; name = turn()) names.push(name);
    return names;
  };
  return { queue, add, turn, turns };
}

const sequence = () =>
  new CommandSequence(
    () => undefined,
    () => undefined,
  );

describe('the command queue', () => {
  it('runs sequences before messages, and none that was removed', () => {
    const { queue, add, turn } = queueOfThree();
    add(0, 'a');
    const [kept, removed] = [sequence(), sequence()];
    const [keptLast, removedLast] = [sequence(), sequence()];
    for (const each of [removed, kept]) queue.addSequence(each);
    for (const each of [removedLast, keptLast]) queue.addSequence(each, true);
    for (const each of [removed, removedLast]) queue.removeSequence(each);
    assert.equal(queue.nextJob(), kept);
    assert.equal(turn(), 'a');
    assert.equal(queue.nextJob(), keptLast);
    assert.equal(queue.nextJob(), undefined);
  });

  it('runs at most 1000 messages before each sequence that yields', () => {
    const { queue, add, turn, turns } = queueOfThree();
    const add1002 = () => {
      for (let index = 0; index < 1002; index++) add(0, 'm');
    };
    add1002();
    // Before there is such a sequence, messages do not count.
    assert.equal(turn(), 'm');
    for (let count = 0; count < 2; count++) queue.addSequence(sequence(), true);
    add1002();
    const order = turns();
    assert.deepEqual(
      order.flatMap((name, index) => (name === 'sequence' ? [index] : [])),
      [1000, 2001],
    );
    assert.equal(order.length, 2005);
  });

  it('runs 1000 messages also before a sequence that follows a removed one', () => {
    const { queue, add, turns } = queueOfThree();
    for (let index = 0; index < 1500; index++) add(0, 'm');
    const [removed, kept] = [sequence(), sequence()];
    queue.addSequence(removed, true);
    queue.addSequence(kept, true);
    for (let count = 0; count < 400; count++) queue.nextJob();
    queue.removeSequence(removed);
    assert.equal(turns().indexOf('sequence'), 1000);
  });

  it('shares the port between links by bytes, not by messages', () => {
    const { add, turns } = queueOfThree();
    for (let index = 0; index < 3; index++) add(0, `large ${index}`, 1000);
    for (let index = 0; index < 6; index++) add(1, `small ${index}`, 250);
    assert.deepEqual(turns(), [
      ...['large 0', 'small 0', 'small 1', 'small 2', 'small 3', 'large 1', 'small 4', 'small 5'],
      'large 2',
    ]);
  });

  it('gives an idle link no credit over the others when it sends again', () => {
    const { add, turn, turns } = queueOfThree();
    add(0, 'transfer', 1_000_000);
    turn();
    add(0, 'a');
    add(0, 'b');
    add(1, 'x');
    add(1, 'y');
    assert.deepEqual(turns(), ['a', 'x', 'b', 'y']);
  });
});
