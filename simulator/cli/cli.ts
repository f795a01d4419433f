#!/usr/bin/env node
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { parseFirmware, parseMended, parsePath, parseRate } from '../address';
import { Control } from './control';
import { usage } from './help';
import { seededRandom } from '../random';
import { listen, type SimulatorServer } from '../serial/server';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '8266' },
      firmware: { type: 'string', default: 'D' },
      baud: { type: 'string' },
      fault: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string' },
      'boot-ms': { type: 'string' },
      latency: { type: 'string' },
      loss: { type: 'string' },
      bandwidth: { type: 'string' },
      'delayed-ack': { type: 'string' },
      join: { type: 'string' },
      split: { type: 'string' },
      mended: { type: 'string', multiple: true, default: [] },
      joined: { type: 'boolean', default: false },
      control: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage());
    return;
  }
  const rate = wholeNumber('baud', values.baud);
  const seed = wholeNumber('seed', values.seed);
  const bootMs = wholeNumber('boot-ms', values['boot-ms']);
  const { latency, loss, bandwidth, join, split } = values;
  const delayedAck = values['delayed-ack'];
  const path = parsePath({ latency, loss, bandwidth, join, split, 'delayed-ack': delayedAck });
  const server = await listen({
    port: wholeNumber('listen', values.listen) ?? 0,
    firmware: parseFirmware(values.firmware),
    joined: values.joined,
    mended: parseMended(values.mended),
    ...(path === undefined ? {} : { path }),
    ...(rate === undefined ? {} : { rate: parseRate(rate) }),
    ...(seed === undefined ? {} : { random: seededRandom(seed) }),
    ...(bootMs === undefined ? {} : { bootMs }),
  });
  const control = new Control(server.device, server.faults, print);
  try {
    for (const fault of values.fault) control.inject(fault);
  } catch (error) {
    await server.close();
    throw error;
  }
  print(`AT port of class ${values.firmware.toUpperCase()} on 127.0.0.1:${server.port}`);
  endOnSignals(server, values.control ? executeLines(control) : () => undefined);
}

/**
 * Runs control commands from standard input. Call it only for `--control`: a background process that reads its terminal
 * stops.
 *
 * @returns a function that ends it
 */
function executeLines(control: Control): () => void {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => control.execute(line));
  return () => {
    lines.close();
    process.stdin.destroy();
  };
}

function endOnSignals(server: SimulatorServer, stopControl: () => void): void {
  const stop = (): void => {
    stopControl();
    void server.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} needs a whole number, not "${text}"`);
  return Number(text);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
