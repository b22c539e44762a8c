/**
 * The one argument of a handler.
 * In: a request. Out: its parts, raw until validation puts the checked ones in their place; dependencies are set on it
 * under their names.
 */
import type { Request } from './request.ts';
import type { CovetRequest } from './types/request.ts';

export class RequestContext {
  /** Handed out as `req`, which marks it as shared. */
  readonly #request: Request;
  #params: unknown;
  #query: unknown;
  #headers: unknown;
  #cookies: unknown;
  #body: unknown;

  constructor(request: Request) {
    this.#request = request;
  }

  get req(): CovetRequest {
    return this.#request.share();
  }

  get params(): unknown {
    return (this.#params ??= this.#request.params);
  }

  set params(value: unknown) {
    this.#params = value;
  }

  get query(): unknown {
    return (this.#query ??= this.#request.query);
  }

  set query(value: unknown) {
    this.#query = value;
  }

  get headers(): unknown {
    return (this.#headers ??= this.#request.headers);
  }

  set headers(value: unknown) {
    this.#headers = value;
  }

  get cookies(): unknown {
    return (this.#cookies ??= this.#request.cookies);
  }

  set cookies(value: unknown) {
    this.#cookies = value;
  }

  /** The checked body; undefined for a route without a schema for it, whose body is not read. */
  get body(): unknown {
    return this.#body;
  }

  set body(value: unknown) {
    this.#body = value;
  }

  /** The request without marking it: for the framework's own use, which ends with the reply. */
  static requestOf(context: RequestContext): Request {
    return context.#request;
  }
}
