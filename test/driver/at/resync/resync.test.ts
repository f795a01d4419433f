import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PortLease } from '../../../../driver/at/port-lease';
import { isLateResponse, resync, type ResyncOptions } from '../../../../driver/at/resync/resync';
import { TimedPort } from '../../../../driver/at/timing/timed-port';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';

const lineEnd = '\r\n';
const logs = 'AT+SYSLOG?\r\n';
const store = 'AT+SYSSTORE?\r\n';
const mode = 'AT+CWMODE?\r\n';
const restart = 'AT+RST\r\n';
/** The lengths of the blocks of padding; with the CR LF before them they fill the longest payload, and its CR LF. */
const blocks = [8, 64, 512, 4096, 11_704];

interface Case extends Partial<ResyncOptions> {
  /** The lines that the device answers to a write, 10 ms later; `>` is a prompt. Default: none. */
  readonly answer?: (written: string, index: number) => readonly string[];
  /** Bytes of each write that never leave. */
  readonly stuckBytes?: number;
  /** Index of the first query. */
  readonly firstQuery?: number;
  /** Whether the port is never idle. */
  readonly flooded?: boolean;
}

/** Runs a resync to its end. Padding shows as the number of its bytes. */
async function resynced({ answer, stuckBytes = 0, flooded, firstQuery = 0, ...options }: Case) {
  const clock = new VirtualClock();
  const written: (string | number)[] = [];
  const steps: string[] = [];
  const port = {
    pendingBytes: 0,
    rate: undefined,
    write: (bytes: Uint8Array) => {
      const text = Buffer.from(bytes).toString();
      written.push(text === lineEnd || text.startsWith('AT') ? text : text.length);
      port.pendingBytes += stuckBytes;
      const lines = answer?.(text, written.length - 1) ?? [];
      if (lines.length > 0) clock.after(10, () => lines.forEach((line) => lease.take(line)));
    },
  };
  const timedPort = new TimedPort(port, clock);
  const lease = new PortLease(timedPort, options.pace ?? 'startRate');
  const defaults = { attempts: 3, mayRestart: false, pad: 'never', pace: 'startRate' } as const;
  let query = firstQuery;
  const all = { ...defaults, nextQuery: () => query++, ...options };
  const running = resync(lease, all, (step) => steps.push(step));
  let isOver = false;
  const flood = (): void => {
    if (isOver) return;
    timedPort.timer.heard(clock.now(), 10);
    clock.after(10, flood);
  };
  if (flooded) flood();
  const result = await clock.wait(running.finally(() => (isOver = true)));
  const shown = 'padded' in result && result.padded ? 'inSync, padded' : result.kind;
  return { result: shown, written, steps, tookMs: clock.now() };
}

/** An idle device: it answers a line end with ERROR, and each query with a response of its own. */
const idle = (text: string): string[] => {
  const name = /^AT(\+\w+)\?\r\n$/.exec(text)?.[1];
  if (name) return [`${name}:0`, 'OK'];
  return text.startsWith('AT') ? [] : ['ERROR'];
};

describe('a resync', () => {
  it('is in sync after a line end and a query, with a pause of 30 ms between them', async () => {
    assert.deepEqual(await resynced({ answer: idle }), {
      result: 'inSync',
      written: [lineEnd, logs],
      steps: ['lineEnd'],
      tookMs: 50,
    });
  });

  it('asks another query in each attempt, from the first one given', async () => {
    const answer = (text: string) => (text === lineEnd ? ['ERROR'] : ['OK']);
    const { result, written } = await resynced({ answer, firstQuery: 2 });
    assert.equal(result, 'noAnswer');
    assert.deepEqual(written, [lineEnd, mode, lineEnd, logs, lineEnd, store]);
  });

  it('takes no OK before the response of its query, and no response without OK', async () => {
    for (const lines of [
      ['OK', '+SYSLOG:0'],
      ['+SYSSTORE:0', 'OK'],
      ['+SYSLOG:0', 'ERROR'],
      ['x', 'OK'],
    ])
      assert.equal(
        (await resynced({ attempts: 1, answer: (text) => (text === logs ? lines : ['ERROR']) }))
          .result,
        'noAnswer',
        lines.join(),
      );
  });

  it('makes one attempt on a silent port at a negotiated rate or in a search, three at the rate of the port', async () => {
    for (const [pace, count] of [
      ['negotiatedRate', 1],
      ['search', 1],
      ['startRate', 3],
    ] as const) {
      const { result, written } = await resynced({ pace });
      assert.deepEqual([result, written], ['noAnswer', Array<string>(count).fill(lineEnd)], pace);
    }
  });

  it('makes all attempts in a search where the device answers line ends', async () => {
    const answer = (text: string) => (text === lineEnd ? ['ERROR'] : []);
    assert.equal((await resynced({ pace: 'search', answer })).written.length, 6);
  });

  it('stops after one line end on a port that takes no byte, and goes on where some leave', async () => {
    assert.deepEqual((await resynced({ stuckBytes: 2 })).written, [lineEnd]);
    assert.equal((await resynced({ stuckBytes: 1 })).written.length, 3);
  });

  it('waits for the end of a running command, for 25 s', async () => {
    const busy = (until: number) => (text: string, index: number) =>
      text === lineEnd && index < until ? ['busy p...'] : idle(text);
    assert.deepEqual((await resynced({ answer: busy(3) })).written, [
      ...Array<string>(4).fill(lineEnd),
      logs,
    ]);
    const endless = await resynced({ answer: busy(Infinity) });
    assert.deepEqual(
      endless.written.at(-1),
      restart,
      'it restarts a device that hangs, though it may not otherwise',
    );
    assert.equal(endless.written.length, 18);
    assert.equal(endless.result, 'noAnswer');
  });

  it('asks its query as soon as the running command ends', async () => {
    const answer = (text: string) => (text === lineEnd ? ['busy p...', 'OK'] : idle(text));
    assert.deepEqual((await resynced({ answer })).written, [lineEnd, logs]);
  });

  it('restarts the device after its attempts where it may, and ready ends it', async () => {
    const answer = (text: string) => (text === restart ? ['OK', 'ready'] : []);
    const { result, written, steps } = await resynced({ attempts: 1, mayRestart: true, answer });
    assert.deepEqual([result, written], ['restarted', [lineEnd, restart]]);
    assert.deepEqual(steps, ['lineEnd', 'restart']);
    const mute = await resynced({
      attempts: 1,
      mayRestart: true,
      answer: (text) => (text === restart ? ['OK'] : []),
    });
    assert.deepEqual([mute.result, mute.tookMs], ['noAnswer', 1200 + 30 + 8000]);
  });

  it('restarts a device whose flood hides the response to a line end, or to a query', async () => {
    for (const answered of [[], [lineEnd]]) {
      const answer = (text: string) =>
        text === restart ? ['ready'] : answered.includes(text) ? ['ERROR'] : [];
      const { result, written } = await resynced({ flooded: true, answer });
      const query = answered.length > 0 ? [logs] : [];
      assert.deepEqual([result, written], ['restarted', [lineEnd, ...query, restart]]);
    }
  });

  it('rejects with an error of its caller, and once the lease is aborted', async () => {
    const port = { pendingBytes: 0, rate: undefined, write: () => undefined };
    const lease = new PortLease(new TimedPort(port, new VirtualClock()), 'startRate');
    const options = {
      attempts: 1,
      mayRestart: false,
      pad: 'never',
      pace: 'startRate',
      nextQuery: () => 0,
    } as const;
    const fails = () => assert.fail('a bug');
    await assert.rejects(resync(lease, options, fails), /a bug/);
    const running = resync(lease, options, () => undefined);
    lease.abort();
    await assert.rejects(running, { code: 'ABORTED' });
  });
});

describe('a resync with a pending prompt', () => {
  it('fills the longest payload with line ends where nothing answers', async () => {
    const { result, written, steps } = await resynced({ attempts: 1, pad: 'ifSilent' });
    assert.deepEqual([result, written], ['noAnswer', [lineEnd, ...blocks]]);
    assert.deepEqual(steps, ['lineEnd', 'pad']);
  });

  it('stops to pad at the first answer, and is in sync, padded, after a query', async () => {
    const answer = (text: string) =>
      text.length === 512
        ? ['SEND OK']
        : text === lineEnd
          ? []
          : text.startsWith('AT')
            ? idle(text)
            : [];
    const { result, written, tookMs } = await resynced({ pad: 'ifSilent', answer });
    assert.deepEqual([result, written], ['inSync, padded', [lineEnd, 8, 64, 512, logs]]);
    assert.equal(tookMs, 1200 + 30 + 150 + 150 + 10 + 30 + 10);
  });

  it('pads only after a prompt, where the line end is answered', async () => {
    const unprompted = await resynced({ pad: 'ifSilent', answer: idle });
    assert.deepEqual([unprompted.result, unprompted.written], ['inSync', [lineEnd, logs]]);
    const answer = (text: string) => (text === lineEnd ? ['OK', '>'] : idle(text));
    const prompted = await resynced({ pad: 'ifSilent', answer });
    assert.deepEqual([prompted.result, prompted.written], ['inSync, padded', [lineEnd, 8, logs]]);
    const never = await resynced({ pad: 'never', answer });
    assert.deepEqual([never.result, never.written], ['inSync', [lineEnd, logs]]);
  });

  it('pads again only after another prompt', async () => {
    const answer = (text: string, index: number) => {
      if (index === 0) return ['OK', '>'];
      return text === logs ? [] : idle(text);
    };
    const { written } = await resynced({ pad: 'ifSilent', answer });
    assert.deepEqual(written, [lineEnd, 8, logs, lineEnd, store]);
  });

  it('pads first where that is asked, and writes a line end before the next attempts', async () => {
    const first = await resynced({ pad: 'first', answer: idle });
    assert.deepEqual(
      [first.result, first.written, first.steps],
      ['inSync, padded', [8, logs], ['pad']],
    );
    const answer = (text: string, index: number) =>
      index > 1 ? idle(text) : text === logs ? [] : ['ERROR'];
    const second = await resynced({ pad: 'first', answer });
    assert.deepEqual(second.written, [8, logs, lineEnd, store]);
  });

  it('counts as padded after a SEND OK that came later than every wait for it', async () => {
    const answer = (text: string) =>
      text === logs ? ['SEND OK', '+SYSLOG:0', 'OK'] : text === lineEnd ? ['ERROR'] : [];
    assert.equal((await resynced({ pad: 'ifSilent', answer })).result, 'inSync, padded');
    assert.equal((await resynced({ pad: 'never', answer })).result, 'inSync');
  });

  it('does not take a flood during padding for the reason to restart', async () => {
    const { written } = await resynced({ pad: 'first', attempts: 1, flooded: true });
    assert.deepEqual(written, blocks);
  });
});

it('a line between two resyncs is late where it answers the bytes of a resync, or echoes them', () => {
  const late = [
    ...['OK', 'ERROR', 'busy p...', '>', '+SYSLOG:0', '+SYSSTORE:1', '+CWMODE:1', 'AT+CWMODE?'],
    'AT+RST',
  ];
  const others = ['ready', '+WSOPEN:0', 'AT+GMR', 'AT+RSTX', 'x+SYSLOG:0', 'AT+SYSLOG'];
  assert.deepEqual([...late, ...others].filter(isLateResponse), late);
});
