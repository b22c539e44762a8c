/** Statements: what becomes text, what becomes a value, and what is refused. */
import test from 'ava';
import { z } from 'zod';

import { sql, type Sql } from '../../src/data/index.ts';

const shown = ({ text, values }: Sql<unknown>): unknown => ({ text, values });

test('what stands in a template is bound, never text', (t) => {
  const evil = "x'; drop table users; --";
  t.deepEqual(shown(sql`select * from users where name = ${evil} limit ${10}`), {
    text: 'select * from users where name = $1 limit $2',
    values: [evil, 10],
  });
});

test('pieces nest, and their values are counted through', (t) => {
  const where = sql`where a = ${1} and b = ${2}`;
  t.deepEqual(shown(sql`select ${0} from t ${where} limit ${3}`), {
    text: 'select $1 from t where a = $2 and b = $3 limit $4',
    values: [0, 1, 2, 3],
  });
  t.deepEqual(shown(sql`${sql`${sql`${1}`}`}`), { text: '$1', values: [1] });
});

test('the same template has the same text each time, whatever its values', (t) => {
  const make = (id: number): Sql => sql`select ${id}`;
  t.is(make(1).text, make(2).text);
  t.is(make(1).strings, make(2).strings);
});

test('identifiers are quoted and escaped', (t) => {
  t.is(sql.id('app', 'users').text, '"app"."users"');
  t.is(sql.id('a"; drop table users; --').text, '"a""; drop table users; --"');
  for (const bad of [[], [''], ['a\0b'], [7 as unknown as string]])
    t.throws(() => sql.id(...bad), { instanceOf: TypeError });
});

test('lists are joined, and an empty one is refused with what to write', (t) => {
  t.deepEqual(shown(sql`select ${sql.join([1, sql`now()`, 'x'])}`), { text: 'select $1, now(), $2', values: [1, 'x'] });
  t.is(sql.join([sql`a`, sql`b`], sql` and `).text, 'a and b');
  t.throws(() => sql.join([]), { message: /= any\(/ });
  t.throws(() => sql.join([1], ' and ' as unknown as Sql), { message: /separator of sql.join\(\) is a piece of SQL/ });
});

test('rows of an insert', (t) => {
  t.deepEqual(
    shown(
      sql`insert into t ${sql.values([
        { a: 1, b: 'x' },
        { b: 'y', a: sql`default` },
      ])}`,
    ),
    {
      text: 'insert into t ("a", "b") values ($1, $2), (default, $3)',
      values: [1, 'x', 'y'],
    },
  );
  t.is(sql.values({ a: 1, b: 2 }, ['b']).text, '("b") values ($1)');
  t.throws(() => sql.values([]), { message: /no rows/ });
  t.throws(() => sql.values([{}]), { message: /default values/ });
  t.throws(() => sql.values([{ a: 1 }, {}]), { message: /row 2 has no "a"/ });
  t.throws(() => sql.values([{ a: 1 }, { a: 2, b: 3 }]), { message: /row 2 has "b", the first row has not/ });
  t.throws(() => sql.values([{ a: undefined }]), { message: /row 1 has no "a". For NULL write null/ });
});

test('assignments of an update', (t) => {
  t.deepEqual(shown(sql`update t set ${sql.set({ a: 1, at: sql`now()`, 'b"c': null })} where id = ${7}`), {
    text: 'update t set "a" = $1, "at" = now(), "b""c" = $2 where id = $3',
    values: [1, null, 7],
  });
  t.throws(() => sql.set({}), { message: /nothing changes/ });
  t.throws(() => sql.set({ a: undefined }), { message: /"a" is undefined/ });
});

test('what no column holds is refused where it stands', (t) => {
  t.throws(() => sql`select ${1}, ${undefined}`, {
    message: /value 2 of a statement, after ", ", is undefined. For NULL write null/,
  });
  t.throws(() => sql`select ${() => 1}`, { message: /is a function/ });
  t.throws(() => sql`select ${Symbol('x')}`, { message: /is a symbol/ });
  t.throws(() => sql`select ${Promise.resolve(1)}`, { message: /is a promise: await it/ });
  t.throws(() => sql`select ${sql.join(Array.from({ length: 65_536 }, () => 1))}`, { message: /65535 values at most/ });
});

test('only a template is a statement', (t) => {
  t.throws(() => sql('select 1' as unknown as TemplateStringsArray), { message: /template tag/ });
  t.throws(() => sql(['select 1'] as unknown as TemplateStringsArray), { message: /template tag/ });
  t.throws(() => sql.type({} as never), { message: /Standard Schema/ });
  t.is(sql.type(z.object({}))`select 1`.text, 'select 1');
  t.is(sql.unsafe('select 1').text, 'select 1');
  t.throws(() => sql.unsafe(1 as unknown as string), { instanceOf: TypeError });
});
