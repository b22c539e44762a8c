import test from 'ava';

import {
  BusinessRuleError,
  CovetError,
  ExternalServiceError,
  HttpError,
  TimeoutError,
  ValidationError,
} from '../../src/error.ts';

test('a CovetError has the documented defaults', (t) => {
  const error = new CovetError('broken');
  t.is(error.message, 'broken');
  t.is(error.status, 500);
  t.is(error.category, 'system');
  t.is(error.code, 'SYSTEM_ERROR');
  t.deepEqual(error.details, {});
  t.deepEqual(error.headers, {});
  t.false(error.expose);
  t.false('cause' in error);
  t.is(error.name, 'CovetError');
  t.true(error instanceof Error);
});

test('the default code follows the category, the default exposure the status', (t) => {
  const error = new CovetError('no', { status: 403, category: 'authorization' });
  t.is(error.code, 'AUTHORIZATION_ERROR');
  t.true(error.expose);
  t.true(new CovetError('down for repairs', { status: 503, expose: true }).expose);
  t.false(new CovetError('hush', { status: 404, expose: false }).expose);
});

for (const status of [0, 200, 302, 399, 600, 404.5, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a status of ${status} is refused`, (t) => {
    t.throws(() => new CovetError('x', { status }), { instanceOf: RangeError, message: new RegExp(String(status)) });
  });
}

test('an HttpError takes code, category and text from its status', (t) => {
  const error = new HttpError(404);
  t.like(error, { status: 404, code: 'NOT_FOUND', category: 'not_found', message: 'Not Found', name: 'HttpError' });
  t.like(new HttpError(401, 'Who?'), { code: 'UNAUTHORIZED', category: 'authentication', message: 'Who?' });
  t.like(new HttpError(418), { code: 'BUSINESS_LOGIC_ERROR', category: 'business_logic', message: "I'm a Teapot" });
  t.like(new HttpError(599), { code: 'SYSTEM_ERROR', category: 'system', expose: false });
  t.like(new HttpError(409, 'Taken', { code: 'EMAIL_TAKEN' }), { code: 'EMAIL_TAKEN', category: 'business_logic' });
  t.is(new HttpError(400, 'x', { category: 'business_logic' }).code, 'BUSINESS_LOGIC_ERROR');
  t.true(error instanceof CovetError);
});

test('a ValidationError is 422 with its faults in details.field_errors', (t) => {
  const faults = [{ field: 'email', message: 'Taken', code: 'unique', in: 'body' as const }];
  const error = new ValidationError(faults);
  t.like(error, { status: 422, code: 'VALIDATION_ERROR', category: 'validation', message: 'Validation failed' });
  t.deepEqual(error.details, { field_errors: faults });
  t.is(error.fieldErrors, faults);
});

test('a BusinessRuleError is 400 with rule and context', (t) => {
  const error = new BusinessRuleError('Insufficient funds', 'min_balance', { balance: 10 });
  t.like(error, { status: 400, code: 'BUSINESS_RULE_VIOLATION', category: 'business_logic' });
  t.deepEqual(error.details, { business_rule: 'min_balance', context: { balance: 10 } });
});

test('an ExternalServiceError names the service and keeps what upstream said to itself', (t) => {
  const cause = new Error('password=hunter2 rejected by db-7.internal');
  const error = new ExternalServiceError('payments', cause, { retryAfter: 29.2 });
  t.like(error, { status: 502, code: 'EXTERNAL_SERVICE_ERROR', category: 'external_service', expose: true });
  t.is(error.message, "External service 'payments' failed");
  t.deepEqual(error.details, { service_name: 'payments', retry_after: 30 });
  t.deepEqual(error.headers, { 'retry-after': '30' });
  t.is(error.cause, cause);
});

for (const retryAfter of [undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`an ExternalServiceError sends no Retry-After for ${retryAfter}`, (t) => {
    const error = new ExternalServiceError('mail', undefined, { retryAfter });
    t.deepEqual(error.headers, {});
    t.deepEqual(error.details, { service_name: 'mail' });
  });
}

test('a TimeoutError is 504 and not exposed', (t) => {
  t.like(new TimeoutError('SELECT took 9 s'), { status: 504, code: 'TIMEOUT_ERROR', expose: false });
  t.true(new TimeoutError('Try later', { expose: true }).expose);
});

test('a class of ones own may name itself', (t) => {
  class OutOfStock extends CovetError {
    constructor() {
      super('Out of stock', { status: 409, code: 'OUT_OF_STOCK', category: 'business_logic' });
      this.name = 'OutOfStock';
    }
  }
  const error = new OutOfStock();
  t.is(error.name, 'OutOfStock');
  t.is(new CovetError('x').name, 'CovetError');
  t.regex(error.stack ?? '', /covet-error\.spec/);
});
