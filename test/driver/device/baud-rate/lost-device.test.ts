import assert from 'node:assert/strict';
import { it } from 'node:test';
import { climb } from '../../../../driver/device/baud-rate/automatic-rate';
import { negotiateRate } from '../../../../driver/device/baud-rate/negotiate';
import { PortKnowledge } from '../../../../driver/device/session/port-knowledge';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { rejected, unchecked } from '../../../harness/refused';

const START = 115_200;
const NEGOTIATED = 921_600;

/** A port, and access to a device that answers a search only where `answers` says so. */
function fakes({ isCtsActive = false, answers = () => false }) {
  const commands: string[] = [];
  const port = {
    address: 'fake',
    baudRate: START,
    negotiatedRate: NEGOTIATED,
    canSetRate: true,
    isAutomatic: false,
    usesFlowControl: false,
    knowledge: new PortKnowledge(),
    hasModemLines: () => Promise.resolve(true),
    readCts: () => Promise.resolve(isCtsActive),
    setFlowControl: () => Promise.resolve(),
    setRate: (rate: number) => Promise.resolve(void (port.baudRate = rate)),
    trySetRate: (rate: number) => Promise.resolve(Boolean((port.baudRate = rate))),
  };
  const access = {
    run: ({ line }: { readonly line: string }) => {
      commands.push(line);
      return Promise.resolve([`+UART_CUR:${port.baudRate},8,1,0,1`]);
    },
    resync: () => Promise.resolve({ kind: answers() ? 'inSync' : 'noAnswer' }),
    lendPort: () => Promise.resolve('unheard'),
  };
  return { access, port, commands };
}

for (const isCtsActive of [false, true])
  it(`a climb that loses the device is not repeated${isCtsActive ? ' with the wires' : ''} after a power cycle`, async () => {
    const { access, port } = fakes({ isCtsActive });
    const clock = new VirtualClock();
    const client = { setEchoOff: () => undefined, hasConnection: false };
    const result = climb(unchecked(access), client, unchecked(port), clock);
    await rejected('DEVICE_UNRESPONSIVE', result);
    const { rateLimit } = port.knowledge;
    assert.equal(rateLimit.wiresWork, !isCtsActive);
    assert.equal(rateLimit.ceiling(clock.now()), isCtsActive ? Infinity : START);
  });

it('a negotiated rate at which the device was lost twice, then found, is used with RTS and CTS, which the driver then sets again', async () => {
  // Silent at the new setting, and after both reverts; the searches end at the new rate, at the second and the first trial.
  let asked = 0;
  const answers = () => [5, 9].includes(++asked);
  const { access, port, commands } = fakes({ answers });
  await negotiateRate(unchecked(access), unchecked(port), unchecked({ flowControl: true }), () =>
    assert.fail('warned'),
  );
  assert.equal(port.baudRate, NEGOTIATED);
  assert.deepEqual(commands, ['AT+UART_CUR?', `AT+UART_CUR=${NEGOTIATED},8,1,0,3`]);
});
