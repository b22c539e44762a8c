import { token } from './di/token.ts';
import type { Logger } from './logger.ts';
import type { Token } from './types/injectable.ts';

/**
 * What an application logs with, for whatever the container makes. Every application provides its own.
 *
 * @example
 * ```ts
 * import { Depends, Log } from 'covet';
 *
 * const mailer = Depends({ log: Log }, ({ log }) => ({
 *   send: (to: string) => log.info({ to }, 'Sent a mail'),
 * }));
 * ```
 */
export const Log: Token<Logger> = token<Logger>('Log');
