/** The router's vectors through the whole framework: registered as routes, requested over a raw socket. */
import test from 'ava';

import { Covet, CovetError } from '../../src/index.ts';
import type { Method } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';
import { routerVectors } from '../helpers/vectors.ts';
import type { RouterCase, RouterSuite } from '../helpers/vectors.ts';

const METHODS = new Set(['*', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const { suites, refused } = routerVectors();

/** `HEAD` bodies do not arrive, so the route and its parameters are told in a header. */
function register(app: Covet, [method, pattern]: readonly [string, string]): void {
  const answer = ({ req }: { req: { params: unknown } }): Response =>
    Response.json(null, {
      headers: { 'x-answer': encodeURIComponent(JSON.stringify([`${method} ${pattern}`, req.params])) },
    });
  if (method === '*') app.any(pattern, answer);
  else app.route(pattern, { methods: [method as Method] }, answer);
}

async function check(connection: RawConnection, { method, path, expect }: RouterCase): Promise<unknown> {
  const target = Buffer.from(path, 'utf8').toString('latin1');
  connection.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const response = await connection.next({ head: method === 'HEAD' });
  const found: Record<string, unknown> = { status: response.status };
  if (expect.allow !== undefined) found['allow'] = response.header('allow');
  if (expect.location !== undefined) found['location'] = response.header('location');
  if (expect.route !== undefined) {
    const answer = JSON.parse(decodeURIComponent(response.header('x-answer') ?? 'null')) as unknown;
    [found['route'], found['params']] = Array.isArray(answer) ? answer : [answer];
  }
  return found;
}

function testSuite(suite: RouterSuite): void {
  test(`router: ${suite.name}`, async (t) => {
    const { port } = await serve(t, (app) => suite.routes.forEach((route) => register(app, route)), {
      trailingSlash: suite.trailing_slash,
    });
    let connection = await RawConnection.open(port);
    t.true(suite.cases.length > 0);
    for (const vector of suite.cases) {
      const found = await check(connection, vector);
      t.deepEqual(found, { ...vector.expect }, `${vector.method} ${vector.path}`);
      if (vector.expect.status !== 400) continue;
      connection.close();
      connection = await RawConnection.open(port);
    }
    connection.close();
  });
}

suites.forEach(testSuite);

test('routes that cannot be told apart or are malformed are refused where they are registered', (t) => {
  t.true(refused.length > 0);
  for (const { routes, route, code, message } of refused) {
    const app = new Covet({ logger: false });
    for (const earlier of routes) register(app, earlier);
    const error = t.throws<Error & { code?: string }>(() => register(app, route), undefined, route.join(' '));
    t.is(app.routes.length, routes.length, `${route.join(' ')} is not kept`);
    // The contract itself refuses these two, before there is a route that the router could judge.
    if (!METHODS.has(route[0]) || !route[1].startsWith('/')) {
      t.true(error instanceof TypeError, route.join(' '));
      continue;
    }
    t.true(error instanceof CovetError, route.join(' '));
    t.is(error?.code, code, route.join(' '));
    for (const part of message) t.true(error?.message.includes(part), `${error?.message} names ${part}`);
  }
});
