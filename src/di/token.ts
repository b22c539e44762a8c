import type { Token } from '../types/injectable.ts';

/**
 * A typed name for something the application provides: the way to depend on an interface instead of a class.
 *
 * Two tokens are two keys, even with the same description, which only serves error messages.
 *
 * @example
 * ```ts
 * import { Covet, token } from 'covet';
 *
 * interface Mailer {
 *   send(to: string, text: string): Promise<void>;
 * }
 * const Mailer = token<Mailer>('Mailer');
 *
 * const app = new Covet();
 * app.provide(Mailer, { send: async (to, text) => console.info(to, text) });
 * app.post('/hello', { deps: { mailer: Mailer } }, ({ mailer }) => mailer.send('ada@example.org', 'Hello'));
 * ```
 */
export function token<T>(description: string): Token<T> {
  return Object.freeze({ kind: 'token', description });
}
