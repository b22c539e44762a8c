import test from 'ava';

import { toErrorBody, toErrorFormat, toErrorReply, toTraceId } from '../../src/error-reply.ts';
import { CovetError, ExternalServiceError, HttpError, ValidationError } from '../../src/error.ts';

const errorId = '3f6c2b7e-6d0a-4a57-9d7c-0c5c1f5f0a11';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

test('the body has exactly the documented fields', (t) => {
  const body = toErrorBody(new HttpError(404, 'User not found', { details: { id: 7 } }), { errorId });
  t.deepEqual(body, {
    error: {
      message: 'User not found',
      code: 'NOT_FOUND',
      category: 'not_found',
      details: { id: 7 },
      trace_id: errorId,
    },
  });
});

test('a problem carries the same fields as extension members', (t) => {
  const reply = toErrorReply(new HttpError(404, 'User not found'), { errorId, format: 'problem' });
  t.is(reply.headers['content-type'], 'application/problem+json');
  t.deepEqual(JSON.parse(reply.body), {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'User not found',
    code: 'NOT_FOUND',
    category: 'not_found',
    details: {},
    trace_id: errorId,
  });
});

test('from 500 on neither message nor details are sent, in either format', (t) => {
  const error = new CovetError('db-7 refused', { status: 503, code: 'NO_DB', details: { host: 'db-7' } });
  for (const format of ['covet', 'problem'] as const) {
    const { body, status } = toErrorReply(error, { format });
    t.is(status, 503);
    t.false(body.includes('db-7'));
    t.true(body.includes('Service Unavailable'));
    t.true(body.includes('NO_DB'));
  }
});

test('expose: true sends a 5xx text', (t) => {
  const { body } = toErrorReply(new CovetError('Back at noon', { status: 503, expose: true }));
  t.true(body.includes('Back at noon'));
});

test('headers: X-Error-ID is a version 4 UUID, the error adds its own and cannot replace the type', (t) => {
  const error = new HttpError(429, 'Slow down', { headers: { 'Retry-After': '5', 'Content-Type': 'text/html' } });
  const reply = toErrorReply(error);
  t.regex(reply.headers['x-error-id']!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.is(reply.headers['x-error-id'], reply.errorId);
  t.is(reply.headers['retry-after'], '5');
  t.is(reply.headers['content-type'], 'application/json');
  t.is(toErrorReply(new ExternalServiceError('bank', 0, { retryAfter: 3 })).headers['retry-after'], '3');
});

test('trace_id is the trace id of a valid traceparent, else the error id', (t) => {
  const error = new HttpError(400);
  t.is(JSON.parse(toErrorReply(error, { errorId, traceparent }).body).error.trace_id, traceId);
  t.is(JSON.parse(toErrorReply(error, { errorId, traceparent: 'nonsense' }).body).error.trace_id, errorId);
});

const badParents = [
  '',
  traceparent.toUpperCase(),
  `ff-${traceId}-b7ad6b7169203331-01`,
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-${traceId}-0000000000000000-01`,
  `${traceparent}-more`,
  `${traceparent} `,
  `00-${traceId}"-b7ad6b7169203331-01`,
];
for (const bad of badParents) test(`traceparent '${bad}' is not believed`, (t) => t.is(toTraceId(bad), undefined));
test('a later traceparent version may go on', (t) => t.is(toTraceId(`01-${traceId}-b7ad6b7169203331-01-x`), traceId));

test('details that are not JSON are left out, the status stays', (t) => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const hostile = {
    get secret(): string {
      throw new Error('no');
    },
  };
  for (const details of [circle, { big: 1n }, hostile]) {
    const reply = toErrorReply(new HttpError(409, 'Clash', { details }), { errorId });
    t.is(reply.status, 409);
    t.like(JSON.parse(reply.body), {
      error: { code: 'CONFLICT', message: 'Conflict', details: {}, trace_id: errorId },
    });
  }
});

test('field errors arrive as given', (t) => {
  const fault = { field: 'a', message: 'm', code: 'c', in: 'query' as const, pointer: '/a' };
  t.deepEqual(JSON.parse(toErrorReply(new ValidationError([fault])).body).error.details, { field_errors: [fault] });
});

const formats: [string | undefined, 'covet' | 'problem'][] = [
  [undefined, 'covet'],
  ['*/*', 'covet'],
  ['application/*', 'covet'],
  ['application/json', 'covet'],
  ['application/problem+json', 'problem'],
  ['APPLICATION/PROBLEM+JSON', 'problem'],
  ['application/json, application/problem+json', 'problem'],
  ['application/json, application/problem+json;q=0.5', 'covet'],
  ['application/json;q=0.5, application/problem+json', 'problem'],
  ['application/problem+json;q=0', 'covet'],
  ['application/problem+json;q=nonsense', 'covet'],
  ['application/problem+jsonx', 'covet'],
  ['text/html, application/problem+json;q=0.9, */*;q=0.8', 'problem'],
];
for (const [accept, format] of formats) {
  test(`Accept: ${accept} asks for ${format}`, (t) => t.is(toErrorFormat(accept), format));
}
