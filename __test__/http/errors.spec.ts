/** Errors as clients get them (E6), whoever made them, and the log line that has the same id. */
import test from 'ava';
import { z } from 'zod';

import { BusinessRuleError, ExternalServiceError, HttpError } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import type { RawResponse } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

const register = (app: Covet): void => {
  app.get('/known', { response: z.object({}) }, () => ({}));
  app.get('/crash', () => {
    throw new Error('internal secret');
  });
  app.get('/gone', () => {
    throw new HttpError(410, 'It was here');
  });
  app.get('/rule', () => {
    throw new BusinessRuleError('Not on Sundays', 'opening_hours', { day: 'sunday' });
  });
  app.get('/upstream', () => {
    throw new ExternalServiceError('billing', new Error('upstream secret'), { retryAfter: 30 });
  });
  app.post('/body', { body: z.object({ name: z.string(), age: z.number() }) }, ({ body }) => body);
};

const raw = (method: string, path: string, headers = '', body = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;

/** What is sent, by the server itself and by the application; with the code, category and details of its error. */
const cases: readonly (readonly [string, string, number, string, string, string, object?])[] = [
  ['no route', raw('GET', '/nowhere'), 404, 'NOT_FOUND', 'not_found', 'Not Found'],
  ['no such method', raw('PUT', '/known'), 405, 'METHOD_NOT_ALLOWED', 'not_found', 'Method Not Allowed'],
  ['a bad path', raw('GET', '/%zz'), 400, 'BAD_REQUEST', 'validation', ''],
  ['a crash', raw('GET', '/crash'), 500, 'SYSTEM_ERROR', 'system', 'Internal Server Error'],
  ['an HTTP error', raw('GET', '/gone'), 410, '', '', 'It was here'],
  [
    'a broken rule',
    raw('GET', '/rule'),
    400,
    'BUSINESS_RULE_VIOLATION',
    'business_logic',
    'Not on Sundays',
    { business_rule: 'opening_hours', context: { day: 'sunday' } },
  ],
  ['upstream', raw('GET', '/upstream'), 502, 'EXTERNAL_SERVICE_ERROR', 'external_service', ''],
  [
    'bad JSON',
    raw('POST', '/body', 'Content-Type: application/json\r\n', '{"name":'),
    400,
    'INVALID_JSON',
    'validation',
    '',
  ],
  [
    'no JSON',
    raw('POST', '/body', 'Content-Type: text/plain\r\n', '{}'),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'validation',
    '',
  ],
  [
    'invalid',
    raw('POST', '/body', 'Content-Type: application/json\r\n', '{"name":1}'),
    422,
    'VALIDATION_ERROR',
    'validation',
    '',
  ],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'BAD_REQUEST', 'validation', ''],
  ['no such version', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505, 'HTTP_VERSION_NOT_SUPPORTED', '', ''],
];

const send = (port: number, request: string, headers = ''): Promise<RawResponse> =>
  exchange(port, request.replace('\r\n', `\r\n${headers}`));

test('every error has exactly the documented body, its id, and its line in the log', async (t) => {
  const { port, logs } = await serve(t, register);
  for (const [name, request, status, code, category, message, details] of cases) {
    const response = await send(port, request);
    t.is(response.status, status, name);
    t.is(response.header('content-type'), 'application/json', name);
    const id = response.header('x-error-id') ?? '';
    t.regex(id, UUID4, name);
    const body = response.json();
    t.deepEqual(Object.keys(body), ['error'], name);
    t.deepEqual(Object.keys(body.error), ['message', 'code', 'category', 'details', 'trace_id'], name);
    if (code !== '') t.is(body.error.code, code, name);
    if (category !== '') t.is(body.error.category, category, name);
    if (message !== '') t.is(body.error.message, message, name);
    if (details !== undefined) t.deepEqual(body.error.details, details, name);
    t.is(body.error.trace_id, id, `${name}: without a trace, the error is its own`);
    t.false(response.text().includes('secret'), name);
    const line = await logs.find(({ error_id: logged }) => logged === id);
    t.is(line['status'], status, name);
    t.is(line['code'], body.error.code, name);
    t.is(line['level'], status >= 500 ? 50 : 40, name);
  }
});

test('problem details by Accept, with the same fields', async (t) => {
  const { port } = await serve(t, register);
  for (const [name, request, status] of cases.slice(0, 10)) {
    const response = await send(port, request, 'Accept: application/problem+json\r\n');
    t.is(response.status, status, name);
    t.is(response.header('content-type'), 'application/problem+json', name);
    const body = response.json();
    const keys = ['type', 'title', 'status', 'detail', 'code', 'category', 'details', 'trace_id'];
    t.deepEqual(Object.keys(body), keys, name);
    t.is(body.status, status, name);
    t.is(body.type, 'about:blank', name);
    t.is(body.trace_id, response.header('x-error-id'), name);
  }
});

test('problem details by option, for the server’s own refusals as well', async (t) => {
  const { port } = await serve(t, register, { errorFormat: 'problem' });
  for (const [name, request, status] of cases) {
    const response = await send(port, request);
    t.is(response.status, status, name);
    t.is(response.header('content-type'), 'application/problem+json', name);
    t.is(response.json().status, status, name);
  }
});

test('the trace of a valid traceparent is the trace of the error, an invalid one is passed over', async (t) => {
  const { port } = await serve(t, register);
  for (const [name, request] of cases.slice(0, 10)) {
    const traced = await send(port, request, `traceparent: ${TRACEPARENT}\r\n`);
    t.is(traced.json().error.trace_id, TRACE, name);
    t.not(traced.header('x-error-id'), TRACE, name);
    const invalid = await send(port, request, `traceparent: 00-${'0'.repeat(32)}-00f067aa0ba902b7-01\r\n`);
    t.is(invalid.json().error.trace_id, invalid.header('x-error-id'), name);
  }
});

test('upstream’s text stays inside, its Retry-After goes out', async (t) => {
  const { port, logs } = await serve(t, register);
  const response = await send(port, raw('GET', '/upstream'));
  t.is(response.header('retry-after'), '30');
  const line = await logs.find(({ error_id: id }) => id === response.header('x-error-id'));
  t.true(JSON.stringify(line).includes('upstream secret'), 'the log has it');
});

test('credentials of a request never reach the log', async (t) => {
  const { port, app, logs } = await serve(t, (application) => {
    register(application);
    application.get('/log', ({ headers }) => {
      app.log.info({ headers, request: { headers } }, 'As programs log');
      throw new Error('and fail');
    });
  });
  const secrets = 'Authorization: Bearer s3cr3t\r\nCookie: session=s3cr3t\r\nX-Api-Key: s3cr3t\r\n';
  for (const path of ['/log', '/crash', '/nowhere?token=s3cr3t', '/gone']) await send(port, raw('GET', path), secrets);
  await send(port, 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', secrets);
  const login = raw('POST', '/body', 'Content-Type: application/json\r\n', '{"name":"s3cr3t","password":"s3cr3t"}');
  await send(port, login, secrets);
  await logs.find(({ status }) => status === 422);
  t.true(logs.lines.length >= 7);
  t.false(JSON.stringify(logs.lines).includes('s3cr3t'), JSON.stringify(logs.lines));
});

test('a flood of refusals is logged in part and counted in whole', async (t) => {
  const { port, logs } = await serve(t, register);
  const flood = 3000;
  const responses = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const statuses: number[] = [];
      for (let count = 0; count < flood / 20; count++) statuses.push((await send(port, raw('GET', '/nowhere'))).status);
      return statuses;
    }),
  );
  t.is(responses.flat().filter((status) => status === 404).length, flood);
  const counted = (): number =>
    logs.lines.reduce((sum, { dropped }) => sum + ((dropped as number | undefined) ?? 1), 0);
  await logs.find(() => counted() >= flood);
  t.is(counted(), flood);
});
