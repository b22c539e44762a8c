/** Parts of the request as dependencies: what a dependency reads from the request stands in its needs, typed. */
import type { Source } from '../types/injectable.ts';
import type { PendingResponse } from '../types/pending-response.ts';
import type { CovetRequest } from '../types/request.ts';
import type { OutputOf, Schema } from '../types/schema.ts';
import { DependencyError } from './dependency-error.ts';

/** Makes a source; with a schema its value is validated, coerced from text, and has the schema's output type. */
export interface SourceOf<Missing> {
  (name: string): Source<string | Missing>;
  <S extends Schema>(name: string, schema: S): Source<OutputOf<S>>;
}

function createSource<T>(place: Source<T>['in'], name: string, schema?: Schema): Source<T> {
  return Object.freeze(
    schema === undefined ? { kind: 'source', in: place, name } : { kind: 'source', in: place, name, schema },
  );
}

function sourceOf<Missing>(place: 'header' | 'query' | 'cookie' | 'path'): SourceOf<Missing> {
  return (name: string, schema?: Schema): Source<never> => {
    if (typeof name !== 'string' || name === '') {
      throw new DependencyError('DEPENDENCY_ERROR', `A ${place} source needs a name`);
    }
    return createSource(place, place === 'header' ? name.toLowerCase() : name, schema);
  };
}

/**
 * A request header, by its name in any case; undefined when absent and no schema says otherwise.
 *
 * Sources are validated together with the route's own inputs before any dependency runs, so that one 422 names all
 * faults. A header whose absence should be another status, such as 401, is taken without a schema or with an
 * optional one, and checked by the dependency.
 *
 * @example
 * ```ts
 * import { Depends, Header } from 'covet';
 * import { z } from 'zod';
 *
 * const tenant = Depends({ id: Header('x-tenant', z.uuid()) }, ({ id }) => ({ id, schema: `tenant_${id}` }));
 * ```
 */
export const Header: SourceOf<undefined> = sourceOf('header');

/**
 * A query parameter. Without a schema it is the text sent, or the texts if it was sent more than once.
 *
 * @example
 * ```ts
 * import { Depends, Query } from 'covet';
 * import { z } from 'zod';
 *
 * const page = Depends({ page: Query('page', z.int().min(1).default(1)) }, ({ page: n }) => ({ skip: (n - 1) * 20 }));
 * ```
 */
export const Query: SourceOf<string[] | undefined> = sourceOf('query');

/**
 * A cookie of the request.
 *
 * @example
 * ```ts
 * import { Cookie, Depends } from 'covet';
 *
 * const sessions = new Map<string, { user: string }>();
 * const session = Depends({ id: Cookie('session') }, ({ id }) => (id === undefined ? undefined : sessions.get(id)));
 * ```
 */
export const Cookie: SourceOf<undefined> = sourceOf('cookie');

/**
 * A parameter of the route's path. A dependency that uses it fits only routes whose path has that parameter.
 *
 * @example
 * ```ts
 * import { Depends, Path } from 'covet';
 * import { z } from 'zod';
 *
 * const post = Depends({ id: Path('post_id', z.int()) }, ({ id }) => ({ id, title: `Post ${id}` }));
 * ```
 */
export const Path: SourceOf<undefined> = sourceOf('path');

/** Makes a source of the whole body. */
export interface BodySource {
  (): Source<unknown>;
  <S extends Schema>(schema: S): Source<OutputOf<S>>;
}

/**
 * The request's body, parsed and, with a schema, validated. Bodies are never coerced.
 *
 * @example
 * ```ts
 * import { Body, Depends } from 'covet';
 * import { z } from 'zod';
 *
 * const total = Depends({ order: Body(z.object({ prices: z.array(z.number()) })) }, ({ order }) =>
 *   order.prices.reduce((sum, price) => sum + price, 0),
 * );
 * ```
 */
export const Body: BodySource = (schema?: Schema): Source<never> => createSource('body', '', schema);

/**
 * The request itself: method, URL, headers, client address, abort signal.
 *
 * @example
 * ```ts
 * import { Depends, Req } from 'covet';
 *
 * const clientAddress = Depends({ req: Req }, ({ req }) => req.ip);
 * ```
 */
export const Req: Source<CovetRequest> = createSource('request', '');

/**
 * The response that is still to come: cookies and headers that leave with whatever the handler answers, tasks before and
 * after it.
 *
 * @example
 * ```ts
 * import { randomUUID } from 'node:crypto';
 * import { Cookie, Covet, Depends, Res } from 'covet';
 *
 * const visitor = Depends({ known: Cookie('visitor'), res: Res }, ({ known, res }) => {
 *   const id = known ?? randomUUID();
 *   if (known === undefined) res.setCookie('visitor', id, { maxAge: 31_536_000 });
 *   return id;
 * });
 *
 * const app = new Covet();
 * app.get('/', { deps: { visitor } }, ({ visitor: id }) => `Hello, ${id}`);
 * ```
 */
export const Res: Source<PendingResponse> = createSource('response', '');
