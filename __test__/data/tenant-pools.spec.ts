/** Pools of tenants: as many as allowed, the one used longest ago makes way, and none in use is closed. */
import test, { type ExecutionContext } from 'ava';

import { Connections, type DatabaseStats } from '../../src/connections/index.ts';
import { sql } from '../../src/data/index.ts';
import { TenantPools, type TenantPoolLimits } from '../../src/data/tenant-pools.ts';
import { serverDatabase } from './both-engines.ts';

const { url } = serverDatabase();

interface Opened {
  readonly pools: TenantPools;
  readonly connections: Connections;
  readonly names: () => string[];
}

function open(t: ExecutionContext, limits: TenantPoolLimits): Opened {
  const connections = new Connections();
  const pools = new TenantPools({
    open: async (tenant) => {
      if (tenant === 'unknown') return undefined;
      if (tenant === 'broken') throw new Error('no idea where it is');
      if (tenant === 'memory') return {};
      return { url: await url(), poolSize: 1, maxOverflow: 1 };
    },
    connections,
    ...limits,
  });
  t.teardown(() => pools.close());
  return { pools, connections, names: () => Object.keys(connections.stats()) };
}

test('the pool used longest ago makes way', async (t) => {
  const { pools, names } = open(t, { maxPools: 2 });
  for (const tenant of ['a', 'b', 'a', 'c']) {
    const lease = await pools.take(tenant);
    t.deepEqual(await lease!.database.query(sql`select 1 as one`), [{ one: 1 }]);
    lease!.giveBack();
  }
  t.deepEqual(names(), ['db_tenant_a', 'db_tenant_c']);
});

test('a pool in use is never closed: who finds none free waits', async (t) => {
  const { pools } = open(t, { maxPools: 1 });
  const first = await pools.take('a');
  const second = pools.take('b');
  const again = await pools.take('a');
  again!.giveBack();
  t.deepEqual(await first!.database.query(sql`select 1 as one`), [{ one: 1 }]);
  first!.giveBack();
  first!.giveBack();
  const lease = await second;
  t.deepEqual(await lease!.database.query(sql`select 2 as two`), [{ two: 2 }]);
  lease!.giveBack();
});

test('who waits too long is told, and takes no place in the line', async (t) => {
  const { pools } = open(t, { maxPools: 1, poolTimeout: 50 });
  const first = await pools.take('a');
  await t.throwsAsync(pools.take('b'), { code: 'DATABASE_UNAVAILABLE', message: /pools of tenants were in use/ });
  first!.giveBack();
  (await pools.take('b'))!.giveBack();
});

test('a hundred at once over three pools all get their turn', async (t) => {
  const { pools, names } = open(t, { maxPools: 3 });
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      const lease = await pools.take(`t${n % 7}`);
      try {
        return await lease!.database.one(sql<{ n: number }>`select ${n}::int as n`);
      } finally {
        lease!.giveBack();
      }
    }),
  );
  t.deepEqual(
    answers.map(({ n }) => n),
    Array.from({ length: 100 }, (_, n) => n),
  );
  t.true(names().length <= 3);
});

test('a tenant that is none, or cannot be found, takes no place', async (t) => {
  const { pools, names } = open(t, { maxPools: 1, poolTimeout: 100 });
  t.is(await pools.take('unknown'), undefined);
  await t.throwsAsync(pools.take('broken'), { message: 'no idea where it is' });
  const lease = await pools.take('a');
  lease!.giveBack();
  t.deepEqual(names(), ['db_tenant_a']);
  await pools.close();
  t.deepEqual(names(), []);
});

test('who is woken and needs no place of its own wakes the next', async (t) => {
  const { pools } = open(t, { maxPools: 2, poolTimeout: 20_000 });
  const [a, b] = [await pools.take('a'), await pools.take('b')];
  const [first, second, third] = ['c', 'c', 'd'].map((tenant) => pools.take(tenant));
  a!.giveBack();
  // Both want the same: one place is enough for them.
  const shared = [await first, await second];
  b!.giveBack();
  const other = await third;
  t.deepEqual(await other!.database.query(sql`select 1 as one`), [{ one: 1 }]);
  for (const lease of [...shared, other]) lease!.giveBack();
});

test('a place given back reaches the one who needs it, whoever waits before', async (t) => {
  const { pools } = open(t, { maxPools: 2, poolTimeout: 20_000 });
  const [a, b] = [await pools.take('a'), await pools.take('b')];
  const waiting = ['c', 'c', 'd'].map((tenant) => pools.take(tenant));
  a!.giveBack();
  b!.giveBack();
  const leases = await Promise.all(waiting);
  t.is(leases.length, 3);
  for (const lease of leases) lease!.giveBack();
});

test('gauges name the tenant, as many as there are pools', async (t) => {
  const { pools, connections } = open(t, { maxPools: 2, name: 'crm' });
  for (const tenant of ['a', 'b', 'c']) (await pools.take(tenant))!.giveBack();
  const labels = Object.entries(connections.stats()).map(([name, stats]) => [name, (stats as DatabaseStats).tenant]);
  t.deepEqual(labels, [
    ['db_crm_b', 'b'],
    ['db_crm_c', 'c'],
  ]);
});

test('two sets of pools need names; the database that cannot be announced is closed again', async (t) => {
  const connections = new Connections();
  let opened = 0;
  const create = (name?: string): TenantPools => {
    const pools = new TenantPools({
      open: async () => ({ url: await url(), poolSize: 1, maxOverflow: 0, applicationName: `pools_${(opened += 1)}` }),
      connections,
      name,
    });
    t.teardown(() => pools.close());
    return pools;
  };
  const [first, same, other] = [create(), create(), create('other')];
  (await first.take('a'))!.giveBack();
  await t.throwsAsync(same.take('a'), { message: /There is a connection 'db_tenant_a' already/ });
  await t.throwsAsync(same.take('a'), { message: /There is a connection 'db_tenant_a' already/ });
  (await other.take('a'))!.giveBack();
  t.deepEqual(Object.keys(connections.stats()), ['db_tenant_a', 'db_other_a']);
});

test('a database in memory, which would be lost with its pool, is refused', async (t) => {
  const { pools, names } = open(t, { maxPools: 1 });
  await t.throwsAsync(pools.take('memory'), { instanceOf: TypeError, message: /neither `url` nor `dataDir`/ });
  t.deepEqual(names(), []);
  t.throws(() => TenantPools.check({ name: 'A b' }), { instanceOf: TypeError, message: /A name of pools/ });
});
