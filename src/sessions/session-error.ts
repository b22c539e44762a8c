import { errorCodes } from '../error-code.ts';
import { CovetError } from '../error.ts';

/** What went wrong, by name. */
export type SessionErrorCode = 'SESSION_CONFLICT' | 'SESSION_DATA_INVALID';

/**
 * A session could not be changed.
 *
 * | code                   | status | when                                                                                        |
 * | ---------------------- | ------ | ------------------------------------------------------------------------------------------- |
 * | `SESSION_CONFLICT`     | 409    | another request has changed or ended it meanwhile: read it again, then retry                |
 * | `SESSION_DATA_INVALID` | 500    | data that does not fit the schema, is no JSON, or is too large: a mistake of the program    |
 */
export class SessionError extends CovetError {
  declare readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { code, ...errorCodes[code], ...('cause' in options ? { cause: options.cause } : undefined) });
  }
}

// On the prototype and by a literal key, as for the other errors: it survives a minifier.
Object.defineProperty(SessionError.prototype, 'name', { value: 'SessionError', configurable: true, writable: true });

/** The 409 of a change that came too late. */
export function conflict(what: 'changed' | 'ended'): SessionError {
  return new SessionError(
    'SESSION_CONFLICT',
    `Another request has ${what} the session meanwhile: read it again, then retry`,
  );
}
