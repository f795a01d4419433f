/**
 * A flow that sends and receives over one link with `node-red-node-serialport` and a function node, as fast as those nodes
 * allow. Sends one message at a time.
 *
 * The serial node delivers lines, and the prompt `>` does not end one. The function node therefore writes the payload after
 * the `OK` that precedes the prompt.
 */
export function serialFlow(path: string): object[] {
  return [
    { id: 'tab', type: 'tab' },
    {
      id: 'port',
      type: 'serial-port',
      serialport: path,
      serialbaud: '115200',
      databits: '8',
      parity: 'none',
      stopbits: '1',
      dtr: 'none',
      rts: 'none',
      cts: 'none',
      dsr: 'none',
      newline: '\\n',
      out: 'char',
      bin: 'false',
      addchar: '',
      waitfor: '',
      responsetimeout: '10000',
    },
    { id: 'lines', type: 'serial in', z: 'tab', serial: 'port', wires: [['send']] },
    { id: 'out', type: 'serial out', z: 'tab', serial: 'port', wires: [] },
    {
      id: 'send',
      type: 'function',
      z: 'tab',
      func: talk,
      initialize: "context.set('state', { waiting: [], current: null, written: false });",
      finalize: '',
      libs: [],
      outputs: 3,
      wires: [['out'], ['received'], ['sent']],
    },
    { id: 'received', type: 'bench-sink', z: 'tab', wires: [] },
    { id: 'sent', type: 'bench-sink', z: 'tab', wires: [] },
  ].map((node) => ('wires' in node ? { x: 100, y: 100, ...node } : node));
}

/** Outputs: bytes for the port, received messages, sent messages. */
const talk = `
const state = context.get('state');

function next() {
  state.current = state.waiting.shift() || null;
  state.written = false;
  if (!state.current) return null;
  return { payload: 'AT+WSSEND=0,' + Buffer.byteLength(state.current.payload) + '\\r\\n' };
}

if (msg.port === undefined) {
  // From the flow: a message to send.
  state.waiting.push(msg);
  return state.current ? null : [next(), null, null];
}

const line = msg.payload;
const data = /^\\+WS_DATA:(\\d),(\\d+),(.*)\\r\\n$/.exec(line);
if (data) return [null, { payload: data[3], linkId: Number(data[1]) }, null];
if (!state.current) return null;
if (line === 'OK\\r\\n' && !state.written) {
  state.written = true;
  return [{ payload: state.current.payload }, null, null];
}
if (line === 'SEND OK\\r\\n') {
  const sent = state.current;
  return [next(), null, sent];
}
if (line === 'ERROR\\r\\n') {
  node.error('not sent', state.current);
  return [next(), null, null];
}
return null;
`;
