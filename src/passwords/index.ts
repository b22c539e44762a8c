/** What `import … from 'covet/passwords'` can name: passwords hashed with argon2id, off the event loop. */
export { PasswordHasher, hashPassword, needsRehash, verifyPassword } from './password-hasher.ts';
export type { PasswordCallOptions } from './password-hasher.ts';
export type { PasswordHasherOptions } from './hash-options.ts';
