import test from 'ava';

import { HttpError } from '../../src/error.ts';
import { isJson, parseMediaType, requireJson } from '../../src/internal/media-type.ts';

const json = [
  'application/json',
  'APPLICATION/JSON',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json \t;\t charset="utf-8"',
  'application/json;',
  'application/json; ; charset=utf8',
  'application/problem+json',
  'application/vnd.api+json; ext="https://jsonapi.org/ext/atomic"',
  'application/json; note="a;b, \\"c\\""',
];
for (const value of json) {
  test(`${JSON.stringify(value)} is JSON`, (t) => {
    t.notThrows(() => requireJson(value));
    t.true(isJson(parseMediaType(value)!));
  });
}

const refused = [
  undefined,
  '',
  'json',
  'application',
  'application/',
  '/json',
  ' application/json',
  'application/json ',
  'application /json',
  'application/ json',
  'application/json\ta',
  'application/json a',
  'application/json, text/plain',
  'text/plain, application/json',
  'application/json; charset',
  'application/json; charset=',
  'application/json; charset =utf-8',
  'application/json; charset= utf-8',
  'application/json; charset=utf-8; charset=utf-8',
  'application/json; charset=utf-8; CHARSET=utf-16',
  'application/json; charset="utf-8',
  'application/json; charset=utf-8"',
  'application/json; charset=utf-16',
  'application/json; charset=iso-8859-1',
  'application/json\u0000',
  'application/json\r\nx: y',
  'application/json\u00a0',
  'application/jsonx',
  'application/json+xml',
  'text/plain',
  'text/plain; x=application/json',
  'text/plain;application/json',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/json\u000b; charset=utf-8',
];
for (const value of refused) {
  test(`${JSON.stringify(value)?.replaceAll(' ', '·')} is 415`, (t) => {
    const error = t.throws(() => requireJson(value), { instanceOf: HttpError });
    t.like(error, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });
}

test('names are lower-cased, values are not, quotes are taken off', (t) => {
  const mediaType = parseMediaType('Multipart/Form-Data; Boundary="AaB\\"03x"; Q=1')!;
  t.like(mediaType, { essence: 'multipart/form-data', type: 'multipart', subtype: 'form-data' });
  t.deepEqual({ ...mediaType.parameters }, { boundary: 'AaB"03x', q: '1' });
});

test('parameters have no prototype', (t) => {
  const { parameters } = parseMediaType('a/b; __proto__=x; constructor=y')!;
  t.is(Object.getPrototypeOf(parameters), null);
  t.is(parameters['__proto__'], 'x');
  t.is(parameters['toString'], undefined);
});

test('hostile lengths take linear time', (t) => {
  const hostile = [
    `a/b${' \t'.repeat(200_000)}x`,
    `a/b${';'.repeat(200_000)}x`,
    `a/b;c="${'\\\\'.repeat(200_000)}`,
    'a'.repeat(400_000),
  ];
  const start = process.hrtime.bigint();
  for (const value of hostile) t.is(parseMediaType(value), undefined);
  // Quadratic time would be minutes; a second leaves room for a busy machine.
  t.true(process.hrtime.bigint() - start < 1_000_000_000n);
});
