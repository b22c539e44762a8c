import test from 'ava';

import { ExternalServiceError, HttpError, ValidationError } from '../../src/error.ts';
import { createLogger, logRequestError } from '../../src/logger.ts';
import type { Logger, RequestErrorContext } from '../../src/logger.ts';

const secret = 'hunter2';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly [fact: string]: unknown;
}

function toLines(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const logger = createLogger({
    level: 'debug',
    destination: { write: (line) => void lines.push(JSON.parse(line) as Line) },
  });
  return { logger, lines };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function logged(thrown: unknown, context: RequestErrorContext = {}): Promise<Line> {
  const { logger, lines } = toLines();
  logRequestError(logger, thrown, context);
  await turn();
  if (lines.length !== 1) throw new Error(`${lines.length} lines`);
  return lines[0]!;
}

test('logging happens in a later turn', async (t) => {
  const { logger, lines } = toLines();
  logRequestError(logger, new Error('boom'));
  await Promise.resolve();
  t.is(lines.length, 0);
  await turn();
  t.is(lines.length, 1);
});

test('from 500 on an error with its stack and causes, below a warning without', async (t) => {
  const boom = new TypeError('cannot read x', { cause: new Error('db-7 refused', { cause: 'the network' }) });
  const context = {
    errorId: 'e-1',
    status: 500,
    method: 'GET',
    path: '/users/7',
    route: '/users/{id}',
    ip: '10.0.0.1',
  };
  const line = await logged(boom, context);
  t.like(line, {
    level: 50,
    msg: 'Request error: cannot read x',
    error_id: 'e-1',
    status: 500,
    code: 'SYSTEM_ERROR',
    category: 'system',
    method: 'GET',
    path: '/users/7',
    route: '/users/{id}',
    ip: '10.0.0.1',
    exception_type: 'TypeError',
  });
  t.regex(line['stack'] as string, /logger\.spec/);
  t.like(line['causes'], [
    { exception_type: 'Error', message: 'db-7 refused' },
    { exception_type: 'string', message: 'the network' },
  ]);
  const warning = await logged(new HttpError(404, 'User not found'));
  t.like(warning, {
    level: 40,
    status: 404,
    code: 'NOT_FOUND',
    exception_type: 'HttpError',
    msg: 'Request error: User not found',
  });
  t.false('stack' in warning);
});

test('a client that went away is information', async (t) => {
  t.is((await logged(new HttpError(499))).level, 30);
});

test('what upstream said is logged, though not sent', async (t) => {
  const line = await logged(new ExternalServiceError('bank', new Error('quota of db-7 exceeded')));
  t.true(JSON.stringify(line).includes('quota of db-7'));
});

test('faults are logged by place and code, never with values', async (t) => {
  const fault = {
    field: 'password',
    message: `bad: ${secret}`,
    code: 'too_small',
    in: 'body' as const,
    rejected_value: secret,
  };
  const line = await logged(new ValidationError([fault]));
  t.deepEqual(line['faults'], [{ in: 'body', field: 'password', code: 'too_small' }]);
  t.false(JSON.stringify(line).includes(secret));
});

const circle = new Error('around');
circle.cause = circle;
const trap = (): never => {
  throw new Error('trap');
};
const strangers: unknown[] = [
  undefined,
  null,
  '',
  secret,
  5n,
  Symbol('s'),
  () => 1,
  circle,
  Object.create(null),
  new Proxy({}, { get: trap, getPrototypeOf: trap, has: trap, ownKeys: trap }),
  { message: { toString: trap }, name: 5, constructor: null, cause: Symbol('c') },
  new Error('x'.repeat(1_000_000)),
];
for (const [index, thrown] of strangers.entries()) {
  test(`stranger ${index} is logged as one bounded line`, async (t) => {
    const line = await logged(thrown);
    t.is(line.level, 50);
    t.true(JSON.stringify(line).length < 100_000);
  });
}

test('line breaks in what was thrown stay inside the line', async (t) => {
  const line = await logged(new HttpError(404, 'a\n{"level":60,"msg":"forged"}'));
  t.is(line.msg, 'Request error: a\n{"level":60,"msg":"forged"}');
});

test('secrets are hidden at the top and up to two objects below', (t) => {
  const { logger, lines } = toLines();
  const secrets = {
    password: secret,
    token: secret,
    authorization: secret,
    'x-api-key': secret,
    cookie: secret,
    'set-cookie': [secret],
    cardNumber: secret,
  };
  logger.info({ ...secrets, headers: secrets, req: { headers: secrets }, fine: 'shown' }, 'hello');
  const [line] = lines;
  t.false(JSON.stringify(line).includes(secret));
  t.is(line!['password'], '[redacted]');
  t.is(line!['fine'], 'shown');
});

test('further paths can be hidden, levels are kept', (t) => {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'warn',
    redact: ['user.email'],
    destination: { write: (line) => void lines.push(line) },
  });
  logger.info({}, 'quiet');
  logger.warn({ user: { email: secret, id: 1 }, password: secret }, 'loud');
  t.is(lines.length, 1);
  t.false(lines[0]!.includes(secret));
  t.true(lines[0]!.includes('"id":1'));
});

test('true is a logger, false is silence, a logger is itself', (t) => {
  t.is(typeof createLogger().warn, 'function');
  t.is(typeof createLogger(true).error, 'function');
  t.notThrows(() => createLogger(false).error({}, 'nothing'));
  const own: Logger = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
  t.is(createLogger(own), own);
  t.throws(() => createLogger({ level: 'loud' as never }));
});
