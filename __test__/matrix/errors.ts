/** Errors, in both formats. */
import assert from 'node:assert/strict';

import { z } from 'zod';

import { BusinessRuleError, ExternalServiceError, HttpError } from '../../src/index.ts';
import type { Covet, CovetOptions } from '../../src/index.ts';
import type { BehaviourGroup, MatrixResponse } from './behaviour.ts';

function register(app: Covet): void {
  app.get('/unknown', () => {
    throw new Error('secret');
  });
  app.get('/thrown', () => {
    throw { secret: true };
  });
  app.get('/http', () => {
    throw new HttpError(404, 'No such user', { headers: { 'x-why': 'gone' }, details: { id: 7 } });
  });
  app.get('/rule', async () => {
    throw new BusinessRuleError('Closed', 'opening_hours');
  });
  app.get('/external', () => {
    throw new ExternalServiceError('bank', undefined, { retryAfter: 30 });
  });
  app.get('/checked', { query: z.object({ page: z.int() }) }, ({ query }) => query);
  app.get('/undeclared', { response: z.object({ id: z.number() }) }, () => ({ id: 'secret' }) as never);
  app.onError((error, { req }) => (error.code === 'CONFLICT' ? { own: req.path } : undefined));
  app.get('/own', () => {
    throw new HttpError(409, 'Twice');
  });
}

const rows = [
  ['/unknown', 500, 'SYSTEM_ERROR', 'Internal Server Error'],
  ['/thrown', 500, 'SYSTEM_ERROR', 'Internal Server Error'],
  ['/http', 404, 'NOT_FOUND', 'No such user'],
  ['/rule', 400, 'BUSINESS_RULE_VIOLATION', 'Closed'],
  ['/external', 502, 'EXTERNAL_SERVICE_ERROR', "External service 'bank' failed"],
  ['/checked?page=x', 422, 'VALIDATION_ERROR', undefined],
  ['/undeclared', 500, 'RESPONSE_VALIDATION_ERROR', 'Internal Server Error'],
  ['/nowhere', 404, 'NOT_FOUND', undefined],
] as const;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

function check(response: MatrixResponse, format: 'covet' | 'problem', row: (typeof rows)[number]): void {
  const [url, status, code, message] = row;
  const isProblem = format === 'problem';
  const body = isProblem ? response.json : response.json.error;
  assert.equal(response.status, status, url);
  assert.equal(response.headers['content-type'], isProblem ? 'application/problem+json' : 'application/json', url);
  assert.equal(body.code, code, url);
  if (isProblem) assert.equal(body.status, status, url);
  if (message !== undefined) assert.equal(isProblem ? body.detail : body.message, message, url);
  assert.match(response.headers['x-error-id']!, UUID, url);
  assert.ok(!response.text.includes('secret'), url);
}

const toGroup = (
  format: 'covet' | 'problem',
  options: Omit<CovetOptions, 'logger'>,
  accept: string,
): BehaviourGroup => ({
  name: `errors, ${format} by ${accept === '*/*' ? 'option' : 'Accept'}`,
  options,
  register,
  behaviours: {
    async 'every error has its status, code and text, and no secret'(send) {
      for (const row of rows) check(await send({ url: row[0], headers: { accept } }), format, row);
    },
    async 'headers of an error are sent'(send) {
      assert.equal((await send('/http')).headers['x-why'], 'gone');
      assert.equal((await send('/external')).headers['retry-after'], '30');
    },
    async 'the trace id is that of the request'(send) {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const { json, text } = await send({ url: '/http', headers: { accept, traceparent } });
      assert.ok(text.includes('0af7651916cd43dd8448eb211c80319c'));
      assert.deepEqual((format === 'problem' ? json : json.error).details, { id: 7 });
    },
    async 'the application may answer by itself'(send) {
      assert.deepEqual((await send('/own')).json, { own: '/own' });
    },
    async 'HEAD of an error has its head alone'(send) {
      const response = await send({ url: '/http', method: 'HEAD', headers: { accept } });
      assert.deepEqual([response.status, response.text, response.headers['x-why']], [404, '', 'gone']);
    },
  },
});

export const errors: readonly BehaviourGroup[] = [
  toGroup('covet', {}, '*/*'),
  toGroup('problem', { errorFormat: 'problem' }, '*/*'),
  toGroup('problem', {}, 'application/problem+json'),
];
