/** Places that many want at once: never more than there are, in order, and none is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { slots } from '../../../server/collect/slots.ts';

test('never more than there are, in order', async () => {
  const places = slots(2);
  const order: number[] = [];
  let [inside, most] = [0, 0];
  await Promise.all(
    Array.from({ length: 9 }, async (_, i) => {
      const leave = await places.enter();
      order.push(i);
      most = Math.max(most, ++inside);
      await turn();
      inside--;
      leave();
      leave();
    }),
  );
  assert.deepEqual([most, order], [2, [0, 1, 2, 3, 4, 5, 6, 7, 8]]);
});

test('who gives up takes no place', async () => {
  const places = slots(1);
  const leave = await places.enter();
  const abort = new AbortController();
  const gaveUp = places.enter(abort.signal);
  const next = places.enter();
  abort.abort();
  (await gaveUp)();
  (await places.enter(abort.signal))();
  leave();
  (await next)();
  (await places.enter())();
});
