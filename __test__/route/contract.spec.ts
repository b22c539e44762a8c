import test from 'ava';
import { z } from 'zod';

import { token } from '../../src/di/token.ts';
import { defaultStatus } from '../../src/internal/default-status.ts';
import { any, del, get, head, isRoute, options, patch, post, put, route } from '../../src/route.ts';

test('each verb makes a contract for its method', (t) => {
  const verbs: ((path: string) => { methods: unknown })[] = [get, post, put, patch, del, head, options];
  const methods = verbs.map((verb) => verb('/x').methods);
  t.deepEqual(methods, [['GET'], ['POST'], ['PUT'], ['PATCH'], ['DELETE'], ['HEAD'], ['OPTIONS']]);
  t.deepEqual(any('/x').methods, ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
});

test('a contract holds its path and spec, and neither can be changed', (t) => {
  const query = z.object({ page: z.number() });
  const spec = { query, summary: 'List' };
  const contract = get('/users/{id}', spec);
  t.is(contract.path, '/users/{id}');
  t.is(contract.spec.query, query);
  t.deepEqual(Object.keys(contract.spec), ['query', 'summary']);
  spec.summary = 'changed later';
  t.is(contract.spec.summary, 'List');
  t.throws(() => Object.assign(contract, { path: '/other' }), { instanceOf: TypeError });
  t.throws(() => Object.assign(contract.spec, { summary: 'other' }), { instanceOf: TypeError });
  t.throws(() => (contract.methods as string[]).push('POST'), { instanceOf: TypeError });
  t.deepEqual(get('/x').spec, {});
});

test('route() takes methods, GET by default, each once', (t) => {
  t.deepEqual(route('/x').methods, ['GET']);
  t.deepEqual(route('/x', { summary: 'x' }).methods, ['GET']);
  t.deepEqual(route('/x', { methods: ['GET', 'POST', 'GET'] }).methods, ['GET', 'POST']);
});

test('route() refuses unknown methods and an empty list', (t) => {
  const loose: any = route;
  t.throws(() => loose('/x', { methods: [] }), { instanceOf: TypeError, message: /\/x has an empty list of methods/ });
  t.throws(() => loose('/x', { methods: ['GET', 'get'] }), { instanceOf: TypeError, message: /unknown method 'get'/ });
  t.throws(() => loose('/x', { methods: ['TRACE'] }), { message: /unknown method 'TRACE': use GET, HEAD, POST/ });
});

test('a path that does not start with a slash is refused', (t) => {
  const loose: any = get;
  for (const path of ['', 'users', 'http://x/', undefined, 5, /x/]) {
    t.throws(() => loose(path), { instanceOf: TypeError, message: /a route's path is a string that starts with '\/'/ });
  }
});

test('a dependency cannot take the name of a part of the request', (t) => {
  const loose: any = get;
  for (const name of ['req', 'params', 'query', 'headers', 'cookies', 'body', 'form', 'files', 'afterResponse']) {
    t.throws(() => loose('/x', { deps: { [name]: token('taken') } }), {
      instanceOf: TypeError,
      message: new RegExp(`'${name}' is a part of the request: give the dependency of /x another name`),
    });
  }
  // Names every object inherits are free.
  t.notThrows(() => loose('/x', { deps: { constructor: token('odd'), toString: token('odd') } }));
});

test('a contract used as a decorator in no known form is refused', (t) => {
  const contract: any = get('/x');
  for (const args of [[], [() => 1], [class {}], [undefined, { kind: 'field', name: 'f', static: false }], [{}, 'f']]) {
    t.throws(() => contract(...args), { instanceOf: TypeError, message: /^GET \/x decorates / }, JSON.stringify(args));
  }
});

test('a contract on a private method is refused', (t) => {
  const contract: any = get('/x');
  const define = (): unknown => {
    return class {
      @contract #hidden(): void {}
      use(): void {
        this.#hidden();
      }
    };
  };
  t.throws(define, { instanceOf: TypeError, message: /^GET \/x decorates the private method '#hidden'/ });
});

test('isRoute knows contracts, also those of another copy of the package, and nothing else', (t) => {
  t.true(isRoute(get('/x')));
  t.true(isRoute(Object.assign(() => {}, { [Symbol.for('covet.route')]: true })));
  for (const value of [undefined, null, '/x', () => {}, get, { methods: ['GET'], path: '/x', spec: {} }]) {
    t.false(isRoute(value));
  }
  t.false(isRoute(JSON.parse('{"covet.route":true,"Symbol(covet.route)":true}')));
});

test('the status of a plain return', (t) => {
  const schema = z.object({});
  t.is(defaultStatus({}), 200);
  t.is(defaultStatus({ response: schema }), 200);
  t.is(defaultStatus({ response: schema, status: 201 }), 201);
  t.is(defaultStatus({ response: { 201: schema } }), 201);
  t.is(defaultStatus({ response: { 404: schema, 202: schema, 201: schema } }), 201);
  t.is(defaultStatus({ response: { 201: schema, 202: schema }, status: 202 }), 202);
  t.is(defaultStatus({ response: { 404: schema } }), 200);
  t.is(defaultStatus({ response: { 206: schema, 301: schema } }), 206);
});
