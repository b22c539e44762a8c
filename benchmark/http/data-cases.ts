import type { BenchmarkCase, Check, HttpRequest } from './benchmark-case.ts';
import { pageSize, rowCount, updatesInTransaction, userOf } from './servers/data/fixtures.ts';

const connections = [64];

function get(path: string): HttpRequest {
  return { method: 'GET', path, headers: {} };
}

function findsUser(id: number): Check {
  return {
    name: `finds user ${id}`,
    request: get(`/users/${id}`),
    expected: { status: 200, body: JSON.stringify(userOf(id)) },
  };
}

const row: BenchmarkCase = {
  id: 'row',
  suite: 'data',
  title: 'GET /users/{id:int} (one row by its key)',
  connections,
  request: get('/users/4217'),
  checks: [
    findsUser(4217),
    findsUser(1),
    findsUser(rowCount),
    { name: 'has no user beyond the last', request: get(`/users/${rowCount + 1}`), expected: 'client error' },
    { name: 'refuses an id that is no integer', request: get('/users/seven'), expected: 'client error' },
  ],
};

function listsUsers(after: number): Check {
  const length = Math.min(pageSize, rowCount - after);
  const users = Array.from({ length }, (_, index) => userOf(after + index + 1));
  return {
    name: `lists ${length} users after ${after}`,
    request: get(`/users?after=${after}`),
    expected: { status: 200, body: JSON.stringify({ users }) },
  };
}

const page: BenchmarkCase = {
  id: 'page',
  suite: 'data',
  title: `GET /users (a page of ${pageSize} rows)`,
  connections,
  request: get('/users?after=4200'),
  checks: [
    listsUsers(4200),
    listsUsers(0),
    listsUsers(rowCount - 7),
    listsUsers(rowCount),
    { name: 'refuses a key that is no integer', request: get('/users?after=seven'), expected: 'client error' },
  ],
};

const updateRequest: HttpRequest = { method: 'POST', path: '/updates', headers: {} };

const updates: BenchmarkCase = {
  id: 'updates',
  suite: 'data',
  title: `POST /updates (${updatesInTransaction} updates in one transaction)`,
  connections,
  request: updateRequest,
  checks: [
    {
      name: `changes ${updatesInTransaction} rows`,
      request: updateRequest,
      expected: { status: 200, body: JSON.stringify({ updated: updatesInTransaction }) },
      evidence: [
        { query: 'select sum(visits) from counters', rises: updatesInTransaction },
        // Rows that the youngest transaction wrote: all of them, so there was one.
        {
          query: 'select count(*) from counters where xmin = (select xmin from counters order by age(xmin) limit 1)',
          is: updatesInTransaction,
        },
      ],
    },
  ],
};

const loads = 'select case when is_called then last_value else 0 end from loads';

let coldId = 5000;

/** 500 requests for a row that no cache has: the database is asked once. */
function nextStampede(): Check {
  coldId = coldId === rowCount ? 5001 : coldId + 1;
  return {
    ...findsUser(coldId),
    name: 'loads a cold row once for 500 requests at once',
    request: get(`/cached/${coldId}`),
    evidence: [{ query: loads, rises: 1 }],
    atOnce: 500,
  };
}

const cached: BenchmarkCase = {
  id: 'cached',
  suite: 'data',
  title: 'GET /cached/{id:int} (the row out of a cache in memory)',
  connections,
  servers: ['covet', 'fastify', 'nest'],
  request: get('/cached/4217'),
  checks: [
    { ...findsUser(4217), name: 'finds the user', request: get('/cached/4217') },
    {
      ...findsUser(4217),
      name: 'finds the user without the database',
      request: get('/cached/4217'),
      evidence: [{ query: loads, rises: 0 }],
    },
    { ...findsUser(7), name: 'finds another user', request: get('/cached/7') },
    { name: 'refuses an id that is no integer', request: get('/cached/seven'), expected: 'client error' },
  ],
  nextCheck: nextStampede,
};

/** What a framework adds to the work of a database: reads, transactions, caches. */
export const dataCases: readonly BenchmarkCase[] = [row, page, updates, cached];
