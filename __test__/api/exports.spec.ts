/** The names a user can import at run time; the types are in covet*.api.md beside this file. */
import test from 'ava';

import { readText } from '../helpers/repository.ts';

/** By entry of the package. */
const expected: Readonly<Record<string, readonly string[]>> = {
  '.': [
    'Body',
    'BusinessRuleError',
    'Cookie',
    'Covet',
    'CovetError',
    'DependencyError',
    'Depends',
    'ExternalServiceError',
    'Header',
    'HttpError',
    'Injector',
    'LocalStorage',
    'Log',
    'MemoryStorage',
    'Path',
    'Query',
    'Req',
    'Res',
    'S3Storage',
    'SettingsError',
    'StorageError',
    'TimeoutError',
    'ValidationError',
    'any',
    'controller',
    'controllerOf',
    'cookieJar',
    'defineSettings',
    'del',
    'errorCodes',
    'file',
    'files',
    'get',
    'head',
    'inject',
    'isRoute',
    'msgpackSerializer',
    'ndjson',
    'on',
    'options',
    'patch',
    'post',
    'put',
    'redirect',
    'reply',
    'route',
    'routesOf',
    'sendFile',
    'sse',
    'stopEvents',
    'textSerializer',
    'token',
    'untilAborted',
    'weaknessOf',
    'xmlSerializer',
  ],
  './connections': ['Connections', 'connections'],
  './jobs': [
    'JobError',
    'UnrecoverableError',
    'bossJobs',
    'bullJobs',
    'defineJob',
    'ensureOutbox',
    'jobs',
    'memoryJobs',
    'outbox',
    'schedule',
  ],
  './passwords': ['PasswordHasher', 'hashPassword', 'needsRehash', 'verifyPassword'],
  './drizzle': ['toDrizzle'],
  './kysely': ['toKysely'],
  './data': [
    'AuditLog',
    'Database',
    'DatabaseError',
    'JsonValue',
    'Queryable',
    'Sql',
    'Tenants',
    'Transaction',
    'auditLog',
    'checkRules',
    'checkedBody',
    'currentTenant',
    'database',
    'exists',
    'migrate',
    'migrationCommand',
    'migrationStatus',
    'newMigration',
    'notDeleted',
    'openDatabase',
    'paginate',
    'paginateByKey',
    'restoreDeleted',
    'softDelete',
    'sql',
    'tenant',
    'tenantDatabase',
    'tenants',
    'tx',
    'unique',
  ],
  './redis': ['RedisConnection', 'RedisUnavailableError', 'openRedis', 'redis'],
  './sessions': [
    'CookieSessionStore',
    'MemorySessionStore',
    'PostgresSessionStore',
    'RedisSessionStore',
    'SessionError',
    'sessions',
  ],
  './cache': ['Cache', 'cache', 'cacheResponses', 'cached', 'cachedQuery', 'createCache'],
};

test('the package has these entries and no others', (t) => {
  const { exports } = JSON.parse(readText('package.json')) as { exports: object };
  t.deepEqual(
    Object.keys(exports)
      .filter((key) => key !== './package.json')
      .sort(),
    Object.keys(expected).sort(),
  );
});

for (const [entry, names] of Object.entries(expected)) {
  test(`'${entry}' exports these names and no others`, async (t) => {
    const module: object = await import(new URL(`../../src/${entry}/index.ts`, import.meta.url).href);
    t.deepEqual(Object.keys(module).sort(), [...names].sort());
  });
}

test('every entry is documented by typedoc', (t) => {
  const { entryPoints } = JSON.parse(readText('typedoc.json')) as { entryPoints: readonly string[] };
  t.deepEqual(
    [...entryPoints].sort(),
    Object.keys(expected)
      .map((entry) => `src/${entry.slice(2)}/index.ts`.replace('//', '/'))
      .sort(),
  );
});
