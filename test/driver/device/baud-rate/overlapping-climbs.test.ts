import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Deferred } from '../../../../driver/deferred';
import { AutomaticRate } from '../../../../driver/device/baud-rate/automatic-rate';
import { PortKnowledge } from '../../../../driver/device/session/port-knowledge';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { unchecked } from '../../../harness/refused';

const START = 115_200;

it('an automatic rate with two climbs at a time leaves no timer behind when its boot ends', async () => {
  const clock = new VirtualClock();
  const boot = new AbortController();
  const climbs: Deferred<'slow'>[] = [];
  const sequence = () => {
    const climb = new Deferred<'slow'>();
    climbs.push(climb);
    return climb.promise;
  };
  const rate = new AutomaticRate(
    unchecked({
      client: { sequence, state: 'inSync', hasConnection: false },
      port: {
        isAutomatic: true,
        baudRate: 921_600,
        startRate: START,
        knowledge: new PortKnowledge(),
      },
      context: { options: { clock } },
      becomeReady: () => undefined,
    }),
    unchecked({ signal: boot.signal }),
    () => assert.fail('began again'),
  );
  for (let count = 0; count < 2; count++) rate.responseLost();
  assert.equal(climbs.length, 2);
  for (const climb of climbs) climb.resolve('slow');
  await clock.advance(1000);
  assert.equal(clock.pending, 1);
  boot.abort();
  assert.equal(clock.pending, 0);
});
