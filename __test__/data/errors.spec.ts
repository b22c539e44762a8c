/** What a database refuses becomes an answer, and tells the client neither SQL nor values. */
import { DatabaseError, sql, type Database, type Sql } from '../../src/data/index.ts';
import { onBothEngines, tableName } from './both-engines.ts';

const test = onBothEngines();

/** Users and their posts. */
async function createTables(db: Database): Promise<{ users: Sql; posts: Sql; names: readonly [string, string] }> {
  const names = [tableName(), tableName()] as const;
  const [users, posts] = [sql.id(names[0]), sql.id(names[1])];
  await db.execute(sql`create table ${users} (
    id int primary key, tenant int, email text not null, "E-mail, 2" text unique, age int check (age >= 0),
    unique (tenant, email))`);
  await db.execute(sql`create unique index on ${users} (lower(email))`);
  await db.execute(sql`create table ${posts} (id int primary key, author_id int references ${users} (id))`);
  await db.execute(sql`insert into ${users} values (1, 1, 'a@b.c', 'x', 5)`);
  await db.execute(sql`insert into ${posts} values (1, 1)`);
  return { users, posts, names };
}

async function refusal(db: Database, statement: Sql): Promise<DatabaseError> {
  try {
    await db.execute(statement);
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  }
  throw new Error(`Was not refused: ${statement.text}`);
}

const fieldsOf = (error: DatabaseError): unknown =>
  (error.details['field_errors'] as { field: string; code: string }[] | undefined)?.map(({ field, code }) => [
    field,
    code,
  ]);

test('a unique constraint is a 409 that names its columns', async (t, db) => {
  const { users, names } = await createTables(db);
  const primary = await refusal(db, sql`insert into ${users} values (1, 2, 'b', 'b', 0)`);
  t.like(primary, { status: 409, code: 'UNIQUE_VIOLATION', sqlState: '23505', constraint: `${names[0]}_pkey` });
  t.deepEqual(fieldsOf(primary), [['id', 'unique']]);
  const two = await refusal(db, sql`insert into ${users} values (2, 1, 'a@b.c', 'b', 0)`);
  t.deepEqual(fieldsOf(two), [
    ['tenant', 'unique'],
    ['email', 'unique'],
  ]);
  const expression = await refusal(db, sql`insert into ${users} values (2, 2, 'A@B.C', 'b', 0)`);
  t.deepEqual(fieldsOf(expression), [['email', 'unique']]);
  const quoted = await refusal(db, sql`insert into ${users} values (2, 2, 'c', 'x', 0)`);
  t.deepEqual(fieldsOf(quoted), [['E-mail, 2', 'unique']]);
});

test('foreign keys: what is missing is a 422, what is in use a 409', async (t, db) => {
  const { users, posts } = await createTables(db);
  const missing = await refusal(db, sql`insert into ${posts} values (2, 77)`);
  t.like(missing, { status: 422, code: 'FOREIGN_KEY_VIOLATION', sqlState: '23503' });
  t.deepEqual(fieldsOf(missing), [['author_id', 'exists']]);
  const inUse = await refusal(db, sql`delete from ${users}`);
  t.like(inUse, { status: 409, code: 'FOREIGN_KEY_VIOLATION', message: 'Still in use' });
  t.is(fieldsOf(inUse), undefined);
});

test('checks and missing values are a 422', async (t, db) => {
  const { users } = await createTables(db);
  const check = await refusal(db, sql`insert into ${users} values (2, 2, 'b', 'b', -1)`);
  t.like(check, { status: 422, code: 'CHECK_VIOLATION', sqlState: '23514' });
  t.deepEqual(fieldsOf(check), [['age', 'check']]);
  const missing = await refusal(db, sql`insert into ${users} (id) values (2)`);
  t.like(missing, { status: 422, code: 'NOT_NULL_VIOLATION', sqlState: '23502' });
  t.deepEqual(fieldsOf(missing), [['email', 'required']]);
});

test('any other refusal is a 500 that tells the client nothing, and the log all', async (t, db) => {
  const error = await refusal(db, sql`select * from no_such_table where x = ${'secret'}`);
  t.like(error, { status: 500, code: 'DATABASE_ERROR', expose: false, sqlState: '42P01', name: 'DatabaseError' });
  t.like(error.cause, { code: '42P01' });
});

test('no client is told values or SQL', async (t, db) => {
  const { users, posts } = await createTables(db);
  const secret = 'a@b.c';
  const statements = [
    sql`insert into ${users} values (2, 1, ${secret}, 'b', 0)`,
    sql`insert into ${posts} values (2, 9182)`,
    sql`insert into ${users} values (2, 2, ${secret}, 'b', -9182)`,
  ];
  for (const statement of statements) {
    const { message, details } = await refusal(db, statement);
    t.notRegex(JSON.stringify([message, details]), /a@b\.c|9182|insert|t_[0-9a-f]{12}/);
  }
});

test('a value that no column of its type holds is a 422, without the value', async (t, db) => {
  const name = sql.id(tableName());
  await db.execute(sql`create table ${name} (id int, code varchar(3), day date, key uuid)`);
  const cases: readonly [Sql, string, string][] = [
    [sql`insert into ${name} (id) values (${3_000_000_000})`, '22003', 'Out of range'],
    [sql`select 1 from ${name} where id = ${3_000_000_000}`, '22003', 'Out of range'],
    [sql`insert into ${name} (code) values (${'abcdef'})`, '22001', 'Too long'],
    [sql`insert into ${name} (day) values (${'someday'})`, '22007', 'Not a valid date or time'],
    [sql`insert into ${name} (day) values (${'2026-02-31'})`, '22008', 'Not a date or time that can be'],
    [sql`select 1 from ${name} where key = ${'no uuid'}`, '22P02', 'Not a valid value of its type'],
  ];
  for (const [statement, sqlState, message] of cases) {
    t.like(await refusal(db, statement), { status: 422, code: 'UNPROCESSABLE_CONTENT', sqlState, message });
  }
});
