/** The names a user can import at run time; the types are in covet.api.md beside this file. */
import test from 'ava';

import * as covet from '../../src/index.ts';

test('the package exports these names and no others', (t) => {
  t.deepEqual(Object.keys(covet).sort(), [
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
    'Path',
    'Query',
    'Req',
    'SettingsError',
    'TimeoutError',
    'ValidationError',
    'any',
    'controller',
    'controllerOf',
    'defineSettings',
    'del',
    'errorCodes',
    'get',
    'head',
    'inject',
    'isRoute',
    'on',
    'options',
    'patch',
    'post',
    'put',
    'reply',
    'route',
    'routesOf',
    'token',
    'weaknessOf',
  ]);
});
