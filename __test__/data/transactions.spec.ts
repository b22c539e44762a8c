/** Transactions: all or nothing, savepoints, what joins them, and what is a fault. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { ExecutionContext } from 'ava';

import { DatabaseError, sql, type Database, type Sql, type Transaction } from '../../src/data/index.ts';
import { onBothEngines, tableName } from './both-engines.ts';

const test = onBothEngines();

/** A table with a number in each row. */
async function createTable(db: Database): Promise<{ name: Sql; numbers: () => Promise<number[]> }> {
  const name = sql.id(tableName());
  await db.execute(sql`create table ${name} (n int unique deferrable initially immediate)`);
  return {
    name,
    numbers: async () => (await db.query(sql<{ n: number }>`select n from ${name} order by n`)).map(({ n }) => n),
  };
}

const insert = (table: Sql, n: number): Sql => sql`insert into ${table} values (${n})`;

test('what was done is there after the commit, and the result is handed on', async (t, db) => {
  const { name, numbers } = await createTable(db);
  const result = await db.transaction(async (tx) => {
    await tx.execute(insert(name, 1));
    await tx.execute(insert(name, 2));
    return 'done';
  });
  t.is(result, 'done');
  t.deepEqual(await numbers(), [1, 2]);
});

test('an error undoes all of it, and is the one that was thrown', async (t, db) => {
  const { name, numbers } = await createTable(db);
  const fault = new Error('no');
  const error = await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.execute(insert(name, 1));
      throw fault;
    }),
  );
  t.is(error, fault);
  t.deepEqual(await numbers(), []);
});

test('a function that throws at once undoes it as well', async (t, db) => {
  await t.throwsAsync(
    db.transaction(() => {
      throw new Error('at once');
    }),
    { message: 'at once' },
  );
});

test('queries of the database run in the transaction around them, however deep', async (t, db) => {
  const { name, numbers } = await createTable(db);
  const service = async (): Promise<void> => {
    await sleep(1);
    await db.execute(insert(name, 1));
  };
  await t.throwsAsync(
    db.transaction(async () => {
      await service();
      t.deepEqual(await numbers(), [1]);
      t.deepEqual(await db.read.query(sql`select n from ${name}`), [{ n: 1 }]);
      throw new Error('undo');
    }),
  );
  t.deepEqual(await numbers(), []);
});

test('a transaction within another is a savepoint', async (t, db) => {
  const { name, numbers } = await createTable(db);
  await db.transaction(async (tx) => {
    await tx.execute(insert(name, 1));
    await t.throwsAsync(
      tx.transaction(async (inner) => {
        await inner.execute(insert(name, 2));
        await inner.execute(insert(name, 1));
      }),
      { code: 'UNIQUE_VIOLATION' },
    );
    await db.transaction(async () => {
      await db.execute(insert(name, 3));
      await db.transaction(async (third) => {
        await third.execute(insert(name, 4));
      });
    });
  });
  t.deepEqual(await numbers(), [1, 3, 4]);
});

test('savepoints side by side run one after the other', async (t, db) => {
  const { name, numbers } = await createTable(db);
  const steps: string[] = [];
  await db.transaction(async (tx) => {
    const nested = (n: number, fails: boolean): Promise<void> =>
      tx.transaction(async (inner) => {
        steps.push(`${n} in`);
        await inner.execute(insert(name, n));
        await sleep(5);
        steps.push(`${n} out`);
        if (fails) throw new Error('undo');
      });
    await Promise.allSettled([nested(1, true), nested(2, false), tx.execute(insert(name, 3)), nested(4, true)]);
  });
  t.deepEqual(steps, ['1 in', '1 out', '2 in', '2 out', '4 in', '4 out']);
  t.deepEqual(await numbers(), [2, 3]);
});

test('the outer handle may be used within the inner one, and runs there', async (t, db) => {
  const { name, numbers } = await createTable(db);
  await db.transaction(async (tx) => {
    await t.throwsAsync(
      tx.transaction(async () => {
        await tx.execute(insert(name, 1));
        await tx.transaction(async () => tx.execute(insert(name, 2)));
        throw new Error('undo');
      }),
      { message: 'undo' },
    );
    await tx.execute(insert(name, 3));
  });
  t.deepEqual(await numbers(), [3]);
});

test('queries at once run in order', async (t, db) => {
  const { name, numbers } = await createTable(db);
  await db.transaction((tx) => Promise.all([1, 2, 3, 4, 5].map((n) => tx.execute(insert(name, n)))));
  t.deepEqual(await numbers(), [1, 2, 3, 4, 5]);
});

test('a commit that the server answers with a rollback is an error', async (t, db) => {
  const { name, numbers } = await createTable(db);
  const error = await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.execute(insert(name, 1));
      await tx.execute(insert(name, 1)).catch(() => {});
    }),
    { instanceOf: DatabaseError, code: 'TRANSACTION_ERROR', message: /a statement in it had failed/ },
  );
  t.like(error?.cause, { code: 'UNIQUE_VIOLATION' }, 'the statement that failed');
  t.deepEqual(await numbers(), []);
});

test('a constraint checked at the commit is the error of the commit', async (t, db) => {
  const { name, numbers } = await createTable(db);
  await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.execute(sql`set constraints all deferred`);
      await tx.execute(insert(name, 1));
      await tx.execute(insert(name, 1));
    }),
    { code: 'UNIQUE_VIOLATION' },
  );
  t.deepEqual(await numbers(), []);
});

test('a transaction used after its end is a clear error', async (t, db) => {
  let kept: Transaction | undefined;
  await db.transaction((tx) => {
    kept = tx;
  });
  await t.throwsAsync(kept!.query(sql`select 1`), { code: 'TRANSACTION_ERROR', message: /used after its end/ });
  await t.throwsAsync(
    kept!.transaction(() => {}),
    { code: 'TRANSACTION_ERROR' },
  );
  t.throws(() => kept!.afterCommit(() => {}), { code: 'TRANSACTION_ERROR' });
});

test('a query left running at the end undoes it and is reported', async (t, db) => {
  const { name, numbers } = await createTable(db);
  let left: Promise<unknown> | undefined;
  await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.execute(insert(name, 1));
      left = tx.execute(insert(name, 2));
    }),
    { code: 'TRANSACTION_ERROR', message: /1 query was still running/ },
  );
  await left;
  t.deepEqual(await numbers(), []);
});

test('a transaction begun or ended by hand is refused, and leaves nothing behind', async (t, db) => {
  const { name, numbers } = await createTable(db);
  for (const begin of ['begin', 'start transaction']) {
    await t.throwsAsync(db.execute(sql`${sql.unsafe(begin)}`), {
      instanceOf: TypeError,
      message: /use db\.transaction/,
    });
  }
  for (const end of ['commit', 'rollback']) {
    await t.throwsAsync(
      db.transaction(async (tx) => {
        await tx.execute(sql`savepoint s`);
        await tx.execute(sql`rollback to savepoint s`);
        await tx.execute(sql`${sql.unsafe(end)}`);
      }),
      { code: 'TRANSACTION_ERROR', message: /ended by a statement/ },
    );
  }
  await db.execute(insert(name, 1));
  t.deepEqual(await numbers(), [1]);
});

test('isolation and mode reach the server; what is none is refused', async (t, db) => {
  const show = (setting: string): Sql<{ value: string }> => sql`select current_setting(${setting}) as value`;
  await db.transaction(
    async (tx) => {
      t.is((await tx.one(show('transaction_isolation'))).value, 'serializable');
      t.is((await tx.one(show('transaction_read_only'))).value, 'on');
      t.is((await tx.one(show('transaction_deferrable'))).value, 'on');
    },
    { isolation: 'serializable', readOnly: true, deferrable: true },
  );
  const bad = 'serializable; drop table users' as 'serializable';
  await t.throwsAsync(
    db.transaction(() => {}, { isolation: bad }),
    { instanceOf: TypeError, message: /isolation must be/ },
  );
  await t.throwsAsync(
    db.transaction(() => db.transaction(() => {}, { readOnly: true })),
    { instanceOf: TypeError, message: /is a savepoint/ },
  );
  await t.throwsAsync(
    db.transaction((tx) => tx.query(sql`select 1`, { transaction: 'apart' })),
    { instanceOf: TypeError, message: /'apart'/ },
  );
});

test('tasks for after the commit run then, in order, and not when it is undone', async (t, db) => {
  const steps: string[] = [];
  await db.transaction(async (tx) => {
    tx.afterCommit(() => steps.push('first'));
    await tx.transaction((inner) => inner.afterCommit(() => steps.push('of a savepoint')));
    await tx
      .transaction((inner) => {
        inner.afterCommit(() => steps.push('of one undone'));
        throw new Error('undo');
      })
      .catch(() => {});
    tx.afterCommit(() => steps.push('last'));
    steps.push('work');
  });
  await db
    .transaction((tx) => {
      tx.afterCommit(() => steps.push('never'));
      throw new Error('undo');
    })
    .catch(() => {});
  t.deepEqual(steps, ['work', 'first', 'of a savepoint', 'last']);
});

test('a transaction without queries takes no connection', async (t, db) => {
  await db.transaction(() => {
    t.is(db.stats().active_connections, 0);
  });
});

test('large results come in batches, in a transaction or without', async (t, db) => {
  const numbers = sql<{ n: number }>`select n from generate_series(1, ${1050}) n`;
  const sumOf = async (rows: AsyncIterable<{ n: number }>): Promise<number> => {
    let sum = 0;
    for await (const { n } of rows) sum += n;
    return sum;
  };
  t.is(await sumOf(db.stream(numbers)), 551_775);
  t.is(await sumOf(db.read.stream(numbers, { batchSize: 1000 })), 551_775);
  await db.transaction(async (tx) => {
    t.is(await sumOf(tx.stream(numbers, { batchSize: 1 })), 551_775);
    t.is(await sumOf(db.stream(numbers)), 551_775);
  });
  await t.throwsAsync(sumOf(db.stream(numbers, { batchSize: 0 })), { instanceOf: RangeError });
  isAllBack(t, db);
});

test('a stream that is left, or that fails, gives its connection back', async (t, db) => {
  for await (const { n } of db.stream(sql<{ n: number }>`select n from generate_series(1, 1000) n`)) if (n === 3) break;
  isAllBack(t, db);
  const failing = db.stream(sql`select 1 / (5 - n) from generate_series(1, 10) n`, { batchSize: 2 });
  await t.throwsAsync(
    (async () => {
      for await (const row of failing) t.truthy(row);
    })(),
    { code: 'DATABASE_ERROR', message: /division by zero/ },
  );
  isAllBack(t, db);
  t.deepEqual(await db.query(sql`select 1 as n`), [{ n: 1 }]);
});

function isAllBack(t: ExecutionContext, db: Database): void {
  t.is(db.stats().waiting, 0);
}
