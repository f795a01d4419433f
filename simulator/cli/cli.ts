#!/usr/bin/env node
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { parseAddress } from '../address';
import { Control } from './control';
import { usage } from './help';
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
  const { listen: port, fault: faults, joined, control: readsInput, help, ...device } = values;
  if (help) {
    process.stdout.write(usage());
    return;
  }
  if (!/^\d+$/.test(port)) throw new Error(`--listen needs a whole number, not "${port}"`);
  const options = parseAddress(addressOf({ joined: joined ? '1' : '0', ...device }));
  const server = await listen({ ...options, port: Number(port) });
  const control = new Control(server.device, server.faults, print);
  try {
    // The control injects the faults, not the address, because it prints each application.
    for (const fault of faults) control.inject(fault);
  } catch (error) {
    await server.close();
    throw error;
  }
  print(`AT port of class ${device.firmware.toUpperCase()} on 127.0.0.1:${server.port}`);
  endOnSignals(server, readsInput ? executeLines(control) : () => undefined);
}

/** The address of a simulated device with these options. */
function addressOf(options: Readonly<Record<string, string | string[] | undefined>>): string {
  const parameters = Object.entries(options).flatMap(([name, values = []]) =>
    [values].flat().map((value) => `${name}=${encodeURIComponent(value)}`),
  );
  return `sim:?${parameters.join('&')}`;
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

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
