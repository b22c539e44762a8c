import test from 'ava';

import { toErrorReply } from '../../src/error-reply.ts';
import { CovetError, HttpError, TimeoutError, toCovetError } from '../../src/error.ts';

const secret = 'hunter2';
const trap = (): never => {
  throw new Error(`trap: ${secret}`);
};
const hostileHandler = new Proxy({}, { get: () => trap });
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const circle: Record<string, unknown> = { secret };
circle['self'] = circle;

class Hostile extends Error {
  override get message(): string {
    return trap();
  }
  override get stack(): string {
    return trap();
  }
}

const strangers: Record<string, unknown> = {
  'a string': secret,
  'an empty string': '',
  'a number': 42,
  NaN: Number.NaN,
  'a bigint': 10n,
  'a boolean': false,
  'a symbol': Symbol(secret),
  undefined,
  null: null,
  'a function': () => secret,
  'an array': [secret],
  'a circle': circle,
  'a null-prototype object': Object.assign(Object.create(null), { message: secret, status: 418 }),
  'a frozen object': Object.freeze({ message: secret, status: 404, expose: true }),
  'a frozen error': Object.freeze(new Error(secret)),
  'an error that claims a status': Object.assign(new Error(secret), { status: 404, statusCode: 404, expose: true }),
  'an error with throwing getters': new Hostile(),
  'an object with throwing getters': {
    get status() {
      return trap();
    },
    get name() {
      return trap();
    },
    get code() {
      return trap();
    },
    get cause() {
      return trap();
    },
  },
  'a Proxy whose every trap throws': new Proxy({}, hostileHandler),
  'a Proxy of a function whose every trap throws': new Proxy(() => undefined, hostileHandler),
  'a revoked Proxy': revoked.proxy,
  'a Proxy of a CovetError whose every trap throws': new Proxy(new HttpError(404, secret), hostileHandler),
  'an object with a CovetError prototype': Object.create(CovetError.prototype),
  'a thenable': Object.fromEntries([['then', trap]]),
  'an AggregateError': new AggregateError([new Error(secret)], secret),
};

for (const [name, thrown] of Object.entries(strangers)) {
  test(`${name} becomes a 500 that shows nothing of itself`, (t) => {
    const error = toCovetError(thrown);
    t.true(error instanceof CovetError);
    t.is(error.status, 500);
    t.is(error.code, 'SYSTEM_ERROR');
    t.is(error.message, 'Internal Server Error');
    t.true(Object.is(error.cause, thrown));
    const { body } = toErrorReply(error);
    t.false(body.includes(secret));
    t.like(JSON.parse(body), { error: { message: 'Internal Server Error', details: {} } });
  });
}

test('errors of Covet come back as they are, frozen ones included', (t) => {
  const error = Object.freeze(new HttpError(409, 'Taken'));
  t.true(Object.is(toCovetError(error), error));
});

test('an error of another copy of this package keeps its meaning', (t) => {
  const foreign = Object.assign(new Error('No such user'), {
    [Symbol.for('covet.error')]: true,
    status: 404,
    code: 'NOT_FOUND',
    category: 'not_found',
    details: { id: 7 },
    headers: { 'x-why': 'gone', 'x-odd': 5 },
    expose: true,
  });
  const error = toCovetError(foreign);
  t.like(error, { status: 404, code: 'NOT_FOUND', category: 'not_found', message: 'No such user', expose: true });
  t.deepEqual(error.details, { id: 7 });
  t.deepEqual(error.headers, { 'x-why': 'gone' });
  t.is(error.cause, foreign);
});

test('a plain Proxy around a CovetError keeps its meaning', (t) => {
  t.like(toCovetError(new Proxy(new HttpError(404, 'Gone away'), {})), { status: 404, message: 'Gone away' });
});

test('a branded object with senseless fields is a 500', (t) => {
  const brand = { [Symbol.for('covet.error')]: true };
  t.is(toCovetError({ ...brand, status: 200, message: 'ok', code: 'OK' }).status, 500);
  t.is(toCovetError({ ...brand, status: 404, message: {}, code: 'X' }).code, 'SYSTEM_ERROR');
  t.is(toCovetError({ ...brand, status: 404, message: 'm', code: 'X', category: 'nonsense' }).category, 'not_found');
});

test('JSON from a client cannot carry the brand', (t) => {
  t.is(toCovetError(JSON.parse('{"covet.error":true,"status":404,"message":"m","code":"X"}')).status, 500);
});

test('timeouts become 504', async (t) => {
  const aborted = await t.throwsAsync(
    new Promise((_resolve, reject) => {
      const signal = AbortSignal.timeout(1);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
    { any: true },
  );
  const undici = new TypeError('fetch failed', {
    cause: Object.assign(new Error('x'), { code: 'UND_ERR_HEADERS_TIMEOUT' }),
  });
  for (const thrown of [aborted, undici, Object.assign(new Error('connect'), { code: 'ETIMEDOUT' })]) {
    const error = toCovetError(thrown);
    t.true(error instanceof TimeoutError);
    t.is(error.status, 504);
    t.is(error.cause, thrown);
  }
});
