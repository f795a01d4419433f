import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import * as net from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Control } from '../../simulator/cli/control';
import { faults } from '../../simulator/faults';
import { it as inLab } from './lab';

/** The compiled program, as a user installs it. */
const CLI = join(__dirname, '..', '..', 'dist', 'simulator', 'cli', 'cli.js');
const running = new Set<ChildProcessWithoutNullStreams>();

/** A running command and its output. */
class Command {
  readonly process: ChildProcessWithoutNullStreams;
  printed = '';

  constructor(...options: string[]) {
    this.process = spawn(process.execPath, [CLI, ...options]);
    running.add(this.process);
    this.process.once('exit', () => running.delete(this.process));
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.printed += chunk.toString()));
    }
  }

  /** Waits for output that matches. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.printed);
      if (match) return match;
      await once(this.process.stdout, 'data');
    }
  }

  async exit(): Promise<number | null> {
    if (this.process.exitCode === null) await once(this.process, 'close');
    return this.process.exitCode;
  }
}

after(() => {
  for (const each of running) each.kill('SIGKILL');
});

inLab('the control commands count one connection and one time in the singular', async (lab) => {
  const printed: string[] = [];
  const control = new Control(lab.device, lab.faults, (line) => printed.push(line));
  await lab.open();
  await lab.open('/plain', 1);
  control.execute('fault server-reset');
  control.execute('fault busy=2');
  await lab.command('AT');
  control.execute('active');
  await lab.command('AT');
  await lab.hear(15_000);
  await lab.command('AT+WSCLOSE=1', 10_000);
  control.execute('fault server-reset');
  assert.deepEqual(
    printed.map((line) => line.replace(/^[\d.]+ s: /, '')),
    [
      'server-reset on 2 connections',
      'busy command AT',
      'busy=2, applied 1 time',
      'busy command AT',
      'server-reset on 1 connection',
    ],
  );
});

describe('esp-at-simulator', () => {
  it('lists its options and every fault', async () => {
    const command = new Command('--help');
    assert.equal(await command.exit(), 0);
    for (const option of ['listen', 'firmware', 'baud', 'seed', 'fault', 'boot-ms', 'joined']) {
      assert.ok(command.printed.includes(`--${option}`), option);
    }
    assert.ok(command.printed.includes('socat pty,raw,echo=0'));
    for (const { name, description } of faults) {
      assert.match(command.printed, new RegExp(`^ {2}${name} +${description.slice(0, 20)}`, 'm'));
    }
  });

  it('prints an error for an invalid option, and exits', async () => {
    for (const [option, message] of [
      ['--fault=nope', /there is no fault "nope"/],
      ['--firmware=E', /the option "firmware" of the simulated device must be one of A, B, C, D$/m],
      ['--baud=1', /the option "baud" of the simulated device must be 80 to 5000000$/m],
      ['--seed=x', /the option "seed" of the simulated device must be a whole number$/m],
    ] as const) {
      const command = new Command('--listen', '0', option);
      assert.equal(await command.exit(), 1, option);
      assert.match(command.printed, message);
    }
  });

  it('serves a device, injects faults on command, and prints where they apply', async () => {
    const command = new Command('--listen', '0', '--joined', '--control', '--fault', 'busy=AT+GMR');
    const port = Number((await command.prints(/127\.0\.0\.1:(\d+)/))[1]);
    const socket = net.connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    const ask = async (line: string, end: string): Promise<string> => {
      said = '';
      socket.write(`${line}\r\n`);
      while (!said.endsWith(end)) await once(socket, 'data');
      return said;
    };
    assert.equal(await ask('AT+GMR', 'p...\r\n'), 'AT+GMR\r\n\r\nbusy p...\r\n');
    await command.prints(/ s: busy command AT\+GMR\n/);
    command.process.stdin.write('fault answer-lost=AT+CWJAP\nactive\n');
    await command.prints(/^answer-lost=AT\+CWJAP,1, applied 0 times$/m);
    command.process.stdin.write('end answer-lost\nfault nonsense\nclear now\n');
    await command.prints(/there is no fault "nonsense"\n"clear now" is not understood/);
    command.process.stdin.write('wifi off\n');
    while (!said.endsWith('WIFI DISCONNECT\r\n')) await once(socket, 'data');
    socket.destroy();
    command.process.kill('SIGTERM');
    assert.equal(await command.exit(), 0);
  });
});
