import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinkId } from '../../../../driver/at/types';
import { lossesOf } from './losses';

/** Events at 1, 2 …: a name, or a name and a link. */
const spans = (...events: readonly string[]) => {
  const logged = events.map((text, index) => {
    const [event = '', link] = text.split(' ');
    return {
      at: 0,
      order: index + 1,
      event,
      link: link === undefined ? undefined : (Number(link) as LinkId),
    };
  });
  return lossesOf(logged).map(({ link, from, to }) => [link, from, to]);
};

describe('the losses of a run', () => {
  it('last as long as their event, but a data loss out of sync until the driver is in sync', () => {
    assert.deepEqual(
      spans('dataloss 0', 'outofsync', 'dataloss 1', 'lost 2', 'insync', 'dataloss 0', 'insync'),
      [
        [0, 1, 1],
        [1, 3, 5],
        [2, 4, 4],
        [0, 6, 6],
      ],
    );
  });

  it('end with the device, too, and last for ever in a resync without an end', () => {
    assert.deepEqual(spans('outofsync', 'dataloss 0', 'restart', 'outofsync', 'dataloss 1'), [
      [0, 2, 3],
      [1, 5, Infinity],
    ]);
  });
});
