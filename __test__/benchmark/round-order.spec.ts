/** Rounds in which nobody always follows the same neighbour. */
import test from 'ava';

import { roundOrder } from '../../benchmark/http/round-order.ts';

for (const count of [1, 2, 3, 4, 5, 6, 8]) {
  test(`${count}: each comes once in a round, and right behind each other equally often`, (t) => {
    const rounds = count % 2 === 1 ? count * 2 : count;
    const behind = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      const order = roundOrder(count, round);
      t.deepEqual(
        order.toSorted((a, b) => a - b),
        Array.from({ length: count }, (_, index) => index),
      );
      for (const [at, index] of order.slice(1).entries()) {
        const pair = `${order[at]} ${index}`;
        behind.set(pair, (behind.get(pair) ?? 0) + 1);
      }
    }
    t.is(behind.size, count * (count - 1));
    t.deepEqual([...new Set(behind.values())], count === 1 ? [] : [rounds / count]);
  });
}
