/** Paths and methods, and what is settled before any handler. */
import assert from 'node:assert/strict';

import { reply } from '../../src/index.ts';
import type { BehaviourGroup } from './behaviour.ts';

export const routing: BehaviourGroup = {
  name: 'routing',
  options: { limits: { maxHeaderSize: 4096, maxHeadersCount: 20, maxUrlLength: 1000 } },
  register(app) {
    app.get('/', () => 'root');
    app.get('/users/{id:int}', ({ params }) => params);
    app.post('/users', () => reply(201, { id: 1 }, { headers: { location: '/users/1' } }));
    app.put('/users', () => 'put');
    app.get('/names/{name}', ({ params }) => params);
    app.get('/rest/{*path}', ({ params }) => params);
    app.get('/query', ({ req }) => ({ query: req.query, all: req.url.searchParams.getAll('a') }));
    app.get('/request', ({ req }) => ({
      method: req.method,
      path: req.path,
      route: req.route,
      url: req.url.href,
      ip: req.ip,
      accept: req.header('accept') ?? null,
      cookies: req.cookies,
    }));
    app.get('/slash/', () => 'slash');
    app.options('/own', () => reply(204, undefined, { headers: { allow: 'GET', 'x-own': '1' } }));
  },
  behaviours: {
    async 'a route gets its parameters, decoded'(send) {
      assert.deepEqual((await send('/users/7')).json, { id: 7 });
      assert.deepEqual((await send('/names/a%2Fb%20%C3%A9')).json, { name: 'a/b é' });
      assert.deepEqual((await send('/rest/a/b%20c/')).json, { path: 'a/b c/' });
      assert.equal((await send('/')).text, 'root');
    },
    async 'the query has first values, and all of them'(send) {
      const { json } = await send('/query?a=1&a=2&b=x%20y+z&c');
      assert.deepEqual(json, { query: { a: '1', b: 'x y z', c: '' }, all: ['1', '2'] });
    },
    async 'the request is told as it came'(send) {
      const headers = { accept: 'text/plain', cookie: 'a=1; b=%C3%A9' };
      const { json } = await send({ url: '/request?x=1', headers });
      assert.deepEqual(json, {
        method: 'GET',
        path: '/request',
        route: '/request',
        url: 'http://localhost/request?x=1',
        ip: '127.0.0.1',
        accept: 'text/plain',
        cookies: { a: '1', b: 'é' },
      });
    },
    async 'what has no route is 404'(send) {
      for (const url of ['/nothing', '/users/x', '/users/7/', '/slash', '/names/', '/NAMES/a']) {
        const response = await send(url);
        assert.equal(response.status, 404, url);
        assert.equal(response.json.error.code, 'NOT_FOUND', url);
      }
    },
    async 'another method is 405, and told which there are'(send) {
      const response = await send({ url: '/users', method: 'DELETE' });
      assert.equal(response.status, 405);
      assert.equal(response.headers['allow'], 'POST, PUT, OPTIONS');
      assert.equal(response.json.error.code, 'METHOD_NOT_ALLOWED');
      assert.equal((await send({ url: '/users/7', method: 'PATCH' })).headers['allow'], 'GET, HEAD, OPTIONS');
    },
    async 'OPTIONS tells the methods, unless a route answers it'(send) {
      const response = await send({ url: '/users', method: 'OPTIONS' });
      assert.deepEqual([response.status, response.headers['allow'], response.text], [204, 'POST, PUT, OPTIONS', '']);
      assert.equal((await send({ url: '/own', method: 'OPTIONS' })).headers['x-own'], '1');
      assert.equal((await send({ url: '/nothing', method: 'OPTIONS' })).status, 404);
    },
    async 'HEAD gets the head of GET and no body'(send) {
      const get = await send('/users/7');
      const head = await send({ url: '/users/7', method: 'HEAD' });
      assert.deepEqual([head.status, head.text], [200, '']);
      assert.equal(head.headers['content-length'], get.headers['content-length']);
      assert.equal(head.headers['content-type'], get.headers['content-type']);
      assert.deepEqual(
        [(await send({ url: '/users', method: 'HEAD' })).status, (await send({ url: '/x', method: 'HEAD' })).status],
        [405, 404],
      );
    },
    async 'a path is made canonical before it is routed'(send) {
      assert.equal((await send('/names/../users/./7')).json.id, 7);
      assert.equal((await send('/%75sers/7')).json.id, 7);
      assert.equal((await send('/../../users/7')).json.id, 7);
    },
    async 'a malformed path is 400'(send) {
      for (const url of ['/names/%zz', '/names/%ff', '/names/%00']) {
        assert.equal((await send(url)).status, 400, url);
      }
    },
    async 'methods nobody knows are 501'(send) {
      assert.equal((await send({ url: '/users', method: 'BREW' })).status, 501);
    },
    async 'TRACE is refused'(send) {
      assert.equal((await send({ url: '/users', method: 'TRACE' })).status, 501);
    },
    async 'CONNECT is refused'(send) {
      assert.equal((await send({ url: 'localhost:80', method: 'CONNECT' })).status, 501);
    },
    async 'targets and heads past their limits are 414 and 431'(send) {
      assert.equal((await send(`/names/${'x'.repeat(1000)}`)).status, 414);
      assert.equal((await send({ url: '/', headers: { 'x-long': 'x'.repeat(5000) } })).status, 431);
      const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x-${index}`, '1']));
      assert.equal((await send({ url: '/', headers: many })).status, 431);
    },
    async 'an expectation nobody knows is 417'(send) {
      assert.equal((await send({ url: '/users', method: 'POST', headers: { expect: 'x' }, body: 'x' })).status, 417);
    },
  },
};

export const schemes: BehaviourGroup = {
  name: 'schemes',
  // Over a socket it takes a proxy to have asked by https.
  options: { trustProxy: 1 },
  register(app) {
    app.get('/request', ({ req }) => ({ url: req.url.href, ip: req.ip }));
  },
  behaviours: {
    async 'the scheme of the address is that of the request'(send) {
      const secure = await send({ url: '/request?x=1', isSecure: true });
      assert.deepEqual(secure.json, { url: 'https://localhost/request?x=1', ip: '127.0.0.1' });
      assert.deepEqual((await send('/request')).json, { url: 'http://localhost/request', ip: '127.0.0.1' });
    },
    async 'a proxy that says otherwise is believed'(send) {
      const headers = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' };
      assert.deepEqual((await send({ url: '/request', headers })).json, {
        url: 'https://localhost/request',
        ip: '192.0.2.1',
      });
    },
  },
};
