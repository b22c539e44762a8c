/**
 * The one argument of a handler.
 * In: a request. Out: its parts, raw until validation puts the checked ones in their place; dependencies are set on it
 * under their names.
 */
import type { Request } from './request.ts';
import type { AfterResponse } from './types/middleware.ts';
import type { CovetRequest } from './types/request.ts';

export class RequestContext {
  /** Handed out as `req`, which marks it as shared. */
  readonly #request: Request;
  #params: unknown;
  #query: unknown;
  #headers: unknown;
  #cookies: unknown;
  #body: unknown;
  #form: unknown;
  #files: unknown;

  constructor(request: Request) {
    this.#request = request;
  }

  get req(): CovetRequest {
    return this.#request.share();
  }

  /** A function of its own, so that a handler may take it out of its argument. */
  get afterResponse(): AfterResponse {
    return (task) => this.#request.addTask(task);
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

  /** The checked form; undefined for a route without a schema for it, whose body is not read. */
  get form(): unknown {
    return this.#form;
  }

  set form(value: unknown) {
    this.#form = value;
  }

  /** The checked files by field; undefined for a route without a schema for them, whose body is not read. */
  get files(): unknown {
    return this.#files;
  }

  set files(value: unknown) {
    this.#files = value;
  }

  /** The request without marking it: for the framework's own use, which ends with the reply. */
  static requestOf(context: RequestContext): Request {
    return context.#request;
  }
}
