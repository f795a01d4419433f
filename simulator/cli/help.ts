import { faults, formatSettings } from '../faults';

/** The text of `--help`. */
export function usage(): string {
  return `Usage: esp-at-simulator [options]

Serves the AT port of a simulated ESP32 with ESP-AT over TCP, on 127.0.0.1.

  --listen PORT         TCP port (default 8266; 0 for any that is free)
  --firmware A|B|C|D    firmware class (default D): A v3.2, B v3.3-v4.0, C v4.1-v5.0.1, D after v5.0.1
  --baud N              rate of the UART, 80-5000000 bit/s (default: bytes take no time)
  --joined              starts joined to a Wi-Fi network
  --boot-ms N           milliseconds from a restart to "ready" (default 400)
  --fault NAME[=VALUE]  injects a fault, at once or at the trigger in VALUE; may be repeated
  --seed N              seed of all random numbers; equal seeds repeat a run exactly
  --latency MS          milliseconds that a segment takes, each way
  --loss P              probability that a segment is lost and sent again, such as 1% or 0.01
  --bandwidth N         bits a second, each way
  --delayed-ack MS      frames leave as two writes under Nagle's algorithm, and servers acknowledge after MS
  --join MS             the 101 waits MS for the server's first data, and shares its segment
  --split BYTES         cuts segments of servers to BYTES
  --mended WEAKNESS     class D without this weakness of the recorded firmware; may be repeated:
                        early-frames    frames in the segment of the 101 wait for further data
                        stalled-frames  a frame that stalls loses its rest
                        slow-close      AT+WSCLOSE waits for the link's task
  --control             runs commands from standard input; "help" lists them
  --help                this text

As a serial port, with socat:
  socat pty,raw,echo=0,link=/tmp/esp32 tcp:127.0.0.1:8266

VALUE is one or several of these, separated by commas:
  to-host, to-device    direction of the bytes
  @120                  after 120 more bytes in that direction
  1%, 0.01              probability for each byte, command or segment of a server, again and again
  +5s, +500ms           not before that time
  2s, 200ms             duration
  AT+WSSEND             at a command that begins so
  command, prompt, payload, sent, answered
                        at that point of a command
  3                     a count: of commands, or of what the fault names behind "count:"

Faults:
${faultList()}`;
}

/** A line for each fault: its name, description and defaults. */
export function faultList(): string {
  const width = Math.max(...faults.map(({ name }) => name.length));
  return faults
    .map(({ name, description, defaults }) => {
      const usual = formatSettings(defaults);
      const end = usual === '' || usual === '1' ? '' : ` (default ${usual})`;
      return `  ${name.padEnd(width)}  ${description}${end}\n`;
    })
    .join('');
}
