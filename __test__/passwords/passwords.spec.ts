/** Passwords hashed with argon2id (R9). The work itself is in work.spec.ts. */
import test from 'ava';

import type { CovetError } from '../../src/index.ts';
import { PasswordHasher, hashPassword, needsRehash, verifyPassword } from '../../src/passwords/index.ts';

const password = 'correct horse battery staple';

/** The example of the reference implementation's README: another algorithm, salt, length and other costs. */
const reference = '$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG';

test('a password is right for its own hash alone, and no two hashes are the same', async (t) => {
  const [one, other] = await Promise.all([hashPassword(password), hashPassword(password)]);
  t.regex(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  t.not(one, other);
  t.true(await verifyPassword(one, password));
  t.false(await verifyPassword(one, `${password} `));
  t.false(await verifyPassword(other, password.toUpperCase()));
});

test('hashes of other costs, versions and algorithms are checked', async (t) => {
  t.true(await verifyPassword(reference, 'password'));
  t.false(await verifyPassword(reference, 'passwort'));
  const strong = await new PasswordHasher({ memoryCost: 47_104, timeCost: 1, parallelism: 2 }).hash(password);
  t.true(strong.startsWith('$argon2id$v=19$m=47104,t=1,p=2$'));
  t.true(await verifyPassword(strong, password));
});

for (const [what, hash] of Object.entries({
  'nothing at all': undefined,
  'what a database calls nothing': null,
  'an empty text': '',
  'a hash of bcrypt': '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
  'a hash that is cut off': reference.slice(0, -1),
  'a hash with something behind it': `${reference}\n`,
  'padded base64': '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA==$c29tZXNhbHRzb21lc2FsdA==',
  'too little memory for its lanes': '$argon2id$v=19$m=7,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZXNhbHRzb21lc2FsdA',
  'no lanes': '$argon2id$v=19$m=19456,t=2,p=0$c29tZXNhbHRzb21lc2FsdA$c29tZXNhbHRzb21lc2FsdA',
  'no passes': '$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZXNhbHRzb21lc2FsdA',
  'a salt too short': '$argon2id$v=19$m=19456,t=2,p=1$c29t$c29tZXNhbHRzb21lc2FsdA',
  'four terabytes': '$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZXNhbHRzb21lc2FsdA',
  'a year of passes': '$argon2id$v=19$m=19456,t=4294967295,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZXNhbHRzb21lc2FsdA',
  'a megabyte': `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(1_048_576)}$c29tZXNhbHRzb21lc2FsdA`,
})) {
  test(`nobody's password: ${what}`, async (t) => {
    t.false(await verifyPassword(hash, password));
    t.true(needsRehash(hash));
  });
}

test('one password however its characters were typed', async (t) => {
  const composed = 'caf\u00E9 \uFB01lter 1';
  const typed = 'cafe\u0301 filter \uFF11';
  t.not(composed, typed);
  const hash = await hashPassword(composed);
  t.true(await verifyPassword(hash, typed));
  t.true(await verifyPassword(await hashPassword(typed), composed));
  t.false(await verifyPassword(hash, 'cafe filter 1'));
});

test('a hash made elsewhere, of the text as it was typed, is good as well', async (t) => {
  const { hash } = await import('@node-rs/argon2');
  const typed = 'cafe\u0301 au lait';
  t.true(await verifyPassword(await hash(typed), typed));
  t.false(await verifyPassword(await hash(typed), 'caf\u00E8 au lait'));
  t.false(await verifyPassword(undefined, typed));
});

for (const [what, bad] of Object.entries({
  'an empty one': '',
  'one of 4097 bytes': 'x'.repeat(4097),
  'one of 4098 bytes in 1366 characters': '\u20AC'.repeat(1366),
  'one whose normal form is too long': '\uFDFA'.repeat(500),
  'half of a surrogate pair': 'pass\uD800word',
  'a number': 12_345_678 as never,
  nothing: undefined as never,
})) {
  test(`a password that is refused, and never right: ${what}`, async (t) => {
    const error = await t.throwsAsync<CovetError>(hashPassword(bad));
    t.is(error?.status, 422);
    t.is(error?.code, 'VALIDATION_ERROR');
    t.regex(error?.message ?? '', /A password (has at most 4096 bytes|is text of at least one character)/);
    t.false(await verifyPassword(reference, bad));
  });
}

test('the longest password is one', async (t) => {
  const longest = 'x'.repeat(4096);
  const hash = await hashPassword(longest);
  t.true(await verifyPassword(hash, longest));
  t.false(await verifyPassword(hash, longest.slice(1)));
});

test('a hash made with other costs is to be made again', async (t) => {
  const hash = await hashPassword(password);
  t.false(needsRehash(hash));
  t.true(new PasswordHasher({ timeCost: 3 }).needsRehash(hash));
  t.true(new PasswordHasher({ parallelism: 2 }).needsRehash(hash));
  t.true(needsRehash(hash.replace('argon2id', 'argon2i')));
  t.true(needsRehash(hash.replace('v=19', 'v=16')));
  t.true(needsRehash(hash.replace(/\$([A-Za-z0-9+/]{22})\$/, '$c29tZXNhbHQ$')));
});

for (const [fault, options] of Object.entries({
  'memoryCost of 19455 KiB is too weak with timeCost 2: take 19456 or more': { memoryCost: 19_455 },
  'memoryCost of 19456 KiB is too weak with timeCost 1: take 47104 or more': { memoryCost: 19_456, timeCost: 1 },
  'memoryCost of 7167 KiB is too weak with timeCost 9: take 7168 or more': { memoryCost: 7167, timeCost: 9 },
  'memoryCost of a password hasher is a whole number from 1 to 262144, not 262145': { memoryCost: 262_145 },
  'timeCost of a password hasher is a whole number from 1 to 16, not 2.5': { timeCost: 2.5 },
  'parallelism of a password hasher is a whole number from 1 to 16, not 0': { parallelism: 0 },
  'concurrency of a password hasher is a whole number from 1 to 1024, not 0': { concurrency: 0 },
  'maxQueue of a password hasher is a whole number from 0 to 1000000, not -1': { maxQueue: -1 },
})) {
  test(`refused: ${fault}`, (t) => {
    const error = t.throws<CovetError>(() => new PasswordHasher(options));
    t.true(error?.message.includes(fault), error?.message);
    t.is(error?.code, 'INVALID_OPTION');
  });
}
