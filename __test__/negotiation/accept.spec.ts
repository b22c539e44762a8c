/** Accept, as a table: weights, specificity, parameters, and what is malformed (RFC 9110, 12.5.1). */
import test from 'ava';

import { acceptQuality, chooseOffer, parseAccept, rangeQuality } from '../../src/internal/accept.ts';
import { parseMediaType } from '../../src/internal/media-type.ts';

const offer = (type: string) => parseMediaType(type)!;
const quality = (accept: string, type: string): number => rangeQuality(parseAccept(accept), offer(type));

test('the example of RFC 9110, 12.5.1', (t) => {
  const accept = 'text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5';
  for (const [type, wanted] of [
    ['text/plain;format=flowed', 1],
    ['text/plain', 0.7],
    ['text/html', 0.3],
    ['image/jpeg', 0.5],
    ['text/plain;format=fixed', 0.4],
    ['text/html;level=3', 0.3],
  ] as const) {
    t.is(quality(accept, type), wanted, type);
  }
});

/** Accept, media type, quality. */
const table: readonly (readonly [string, string, number])[] = [
  ['application/json', 'application/json', 1],
  ['APPLICATION/Json', 'application/json', 1],
  ['application/json;q=0.001', 'application/json', 0.001],
  ['application/json;q=1.000', 'application/json', 1],
  ['application/json; q=0.5', 'application/json', 0.5],
  ['application/json ; Q=0.5', 'application/json', 0.5],
  ['application/json;q=0', 'application/json', 0],
  ['*/*;q=0.1, application/json;q=0', 'application/json', 0],
  ['application/*;q=0, application/json', 'application/xml', 0],
  ['application/json;q=1.5', 'application/json', 0],
  ['application/json;q=-1', 'application/json', 0],
  ['application/json;q=x', 'application/json', 0],
  ['application/json;q=0.1234', 'application/json', 0],
  ['app/*', 'application/json', 0],
  ['*/json', 'application/json', 0],
  ['application/js*', 'application/json', 0],
  ['application', 'application/json', 0],
  ['application/json;charset=utf-8', 'application/json', 1],
  ['application/json;charset="UTF-8"', 'application/json', 1],
  ['application/json;charset=latin1', 'application/json', 0],
  ['text/csv;charset=utf-8', 'text/csv;charset=UTF-8', 1],
  ['text/csv;header=present', 'text/csv', 0],
  ['text/csv;header=present', 'text/csv;header=present', 1],
  ['text/csv;header=Present', 'text/csv;header=present', 0],
  ['text/csv;q=0.2, text/csv;header=present', 'text/csv;header=present;charset=utf-8', 1],
  ['text/csv;header=present;q=0.2, text/csv;header=present;charset=utf-8;q=0.3', 'text/csv;header=present', 0.3],
  ['text/*;q=0.2, text/csv;header="a,b";q=0.4', 'text/csv;header="a,b"', 0.4],
  ['text/plain;x="\\",", text/csv', 'text/csv', 1],
  ['"text/csv', 'text/csv', 0],
  ['text/csv;x="open, text/csv', 'text/csv', 0],
  [',, ,text/csv,,', 'text/csv', 1],
  ['text/csv;q=0.3, text/csv;q=0.8', 'text/csv', 0.3],
];

test('weights, specificity and parameters', (t) => {
  for (const [accept, type, wanted] of table) t.is(quality(accept, type), wanted, `${accept} | ${type}`);
  t.is(acceptQuality(undefined, 'text/csv'), 1);
  t.is(acceptQuality('text/csv', 'text/csv'), 1);
});

const offers = ['application/json', 'application/xml;charset=utf-8', 'text/csv;header=present'].map(offer);
const chosen = (accept: string | undefined) => chooseOffer(accept, offers)?.essence;

test('the most wanted is chosen, of equals the first, and none where none is wanted', (t) => {
  for (const [accept, essence] of [
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['nonsense', 'application/json'],
    [';;;', 'application/json'],
    ['application/*', 'application/json'],
    ['application/xml', 'application/xml'],
    ['text/*', 'text/csv'],
    ['text/csv;header=present', 'text/csv'],
    ['text/csv;header=absent', undefined],
    ['application/json;q=0.5, application/xml;q=0.6', 'application/xml'],
    ['application/xml, application/json', 'application/json'],
    ['application/json;q=0, */*;q=0.1', 'application/xml'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/xml'],
    ['text/html, */*;q=0.8', 'application/json'],
    ['text/html', undefined],
    ['*/*;q=0', undefined],
    ['application/json;q=0', undefined],
    ['nonsense, text/csv', 'text/csv'],
  ] as const) {
    t.is(chosen(accept), essence, String(accept));
  }
});

test('a header of thousands of ranges, or of quotes alone, costs little', (t) => {
  const begun = performance.now();
  t.is(parseAccept('a/b,'.repeat(4000)).length, 64);
  for (const hostile of ['"'.repeat(16_000), '"\\'.repeat(8000), 'a/b;x="'.repeat(2000), ','.repeat(16_000)]) {
    t.is(chosen(hostile), 'application/json');
  }
  t.true(performance.now() - begun < 2000);
});
