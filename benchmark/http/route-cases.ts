import type { BenchmarkCase, Check, Expected, HttpRequest } from './benchmark-case.ts';

// With Host and Connection, which each generator writes itself, these make the ten headers of a request behind a
// browser and a proxy.
const browserHeaders: Readonly<Record<string, string>> = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  accept: 'application/json, text/plain, */*',
  'accept-language': 'en-GB,en;q=0.8,nl;q=0.5',
  'accept-encoding': 'gzip, deflate, br, zstd',
  referer: 'https://shop.example.com/account/users',
  cookie: 'session=b7c9f1e2d3a4958677; theme=dark; consent=1',
  'x-forwarded-for': '203.0.113.17, 198.51.100.4',
  'x-request-id': '0195c6b2-7d1e-7c43-9c1b-2f4f6a3c8e10',
};

const routeConnections = [8, 64, 256];

const ada = {
  name: 'Ada Lovelace',
  email: 'ada.lovelace@example.com',
  age: 36,
  role: 'editor',
  newsletter: true,
  tags: ['mathematics', 'engines', 'poetry'],
  address: { street: "12 St James's Square", city: 'London', zip: 'SW1Y 4JH', country: 'GB' },
  bio: 'Wrote the first program for a machine that was never built.',
};

const grace = {
  ...ada,
  name: 'Grace Hopper',
  email: 'grace@example.org',
  age: 79,
  role: 'admin',
  tags: [],
};

/** The id every server gives to the user it "creates"; a constant, so that answers can be compared byte by byte. */
const createdId = 1001;

function userRequest(id: string, requestId?: string): HttpRequest {
  const headers = requestId === undefined ? browserHeaders : { ...browserHeaders, 'x-request-id': requestId };
  return { method: 'GET', path: `/users/${id}`, headers };
}

function createRequest(body: unknown): HttpRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', path: '/users', headers: { 'content-type': 'application/json' }, body: text };
}

function created(user: typeof ada): Expected {
  const { name, email, age, role, tags } = user;
  return { status: 201, body: JSON.stringify({ id: createdId, name, email, age, role, tags }) };
}

function refuses(name: string, body: unknown): Check {
  return { name, request: createRequest(body), expected: 'client error' };
}

const hello: BenchmarkCase = {
  id: 'hello',
  suite: 'routes',
  title: 'GET / (JSON)',
  connections: routeConnections,
  request: { method: 'GET', path: '/', headers: {} },
  checks: [
    {
      name: 'says hello',
      request: { method: 'GET', path: '/', headers: {} },
      expected: { status: 200, body: '{"hello":"world"}' },
    },
    {
      name: 'refuses an unknown path',
      request: { method: 'GET', path: '/nowhere', headers: {} },
      expected: 'client error',
    },
  ],
};

const user: BenchmarkCase = {
  id: 'user',
  suite: 'routes',
  title: 'GET /users/{id:int} (10 request headers)',
  connections: routeConnections,
  request: userRequest('4217'),
  checks: [
    {
      name: 'answers the id as a number, and the header',
      request: userRequest('4217'),
      expected: { status: 200, body: `{"id":4217,"requestId":"${browserHeaders['x-request-id']}"}` },
    },
    {
      name: 'reads id and header of each request',
      request: userRequest('7', 'another-request'),
      expected: { status: 200, body: '{"id":7,"requestId":"another-request"}' },
    },
    { name: 'refuses an id that is no integer', request: userRequest('seven'), expected: 'client error' },
  ],
};

const create: BenchmarkCase = {
  id: 'create',
  suite: 'routes',
  title: 'POST /users (validated body of 300 bytes)',
  connections: routeConnections,
  request: createRequest(ada),
  checks: [
    { name: 'creates the user', request: createRequest(ada), expected: created(ada) },
    { name: 'creates another user', request: createRequest(grace), expected: created(grace) },
    {
      name: 'drops fields it does not know',
      request: createRequest({ ...ada, isSuperuser: true }),
      expected: created(ada),
    },
    refuses('refuses a body that is not JSON', JSON.stringify(ada).slice(0, -1)),
    refuses('refuses a missing field', { ...ada, name: undefined }),
    refuses('refuses a wrong address', { ...ada, email: 'ada at example.com' }),
    refuses('refuses a number out of range', { ...ada, age: 7 }),
    refuses('refuses a value outside its choices', { ...ada, role: 'emperor' }),
    refuses('refuses a fault inside the nested object', { ...ada, address: { ...ada.address, country: 'Britain' } }),
    refuses('refuses a fault inside the list', { ...ada, tags: ['x'.repeat(31)] }),
  ],
};

/** What a framework adds to a small request: routing, validation, JSON. */
export const routeCases: readonly BenchmarkCase[] = [hello, user, create];
