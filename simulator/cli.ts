#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { parseFirmware } from './address';
import { seededRandom } from './random';
import { listen } from './server';

const usage = `Usage: esp-at-simulator [options]

Serves the AT port of a simulated ESP32 with ESP-AT over TCP, on 127.0.0.1.

  --listen PORT         TCP port (default 8266; 0 for any that is free)
  --firmware A|B|C|D    firmware class (default D): A v3.2, B v3.3-v4.0, C v4.1-v5.0.1, D after v5.0.1
  --seed N              repeats a run exactly
  --boot-ms N           milliseconds from power-up to "ready" (default 400)
  --joined              starts joined to a Wi-Fi network
  --help                this text

As a serial port, with socat:
  socat pty,raw,echo=0,link=/tmp/esp32 tcp:127.0.0.1:8266
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '8266' },
      firmware: { type: 'string', default: 'D' },
      seed: { type: 'string' },
      'boot-ms': { type: 'string' },
      joined: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const seed = values.seed === undefined ? undefined : wholeNumber('seed', values.seed);
  const bootMs =
    values['boot-ms'] === undefined ? undefined : wholeNumber('boot-ms', values['boot-ms']);
  const server = await listen({
    port: wholeNumber('listen', values.listen),
    firmware: parseFirmware(values.firmware),
    joined: values.joined,
    ...(seed === undefined ? {} : { random: seededRandom(seed) }),
    ...(bootMs === undefined ? {} : { bootMs }),
  });
  process.stdout.write(
    `AT port of class ${values.firmware.toUpperCase()} on 127.0.0.1:${server.port}\n`,
  );
  const stop = () => void server.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} needs a whole number, not "${text}"`);
  return Number(text);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
