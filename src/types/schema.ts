import type { StandardSchemaV1 } from '@standard-schema/spec';

/**
 * A schema of any library that speaks [Standard Schema](https://standardschema.dev): zod 4, valibot, arktype and others.
 *
 * Covet never asks which library made it. `I` is what goes in (before defaults, coercion and transforms), `O` what comes out.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import type { Schema } from 'covet';
 *
 * const Page: Schema<{ page?: number | undefined }, { page: number }> = z.object({ page: z.number().default(1) });
 * ```
 */
export type Schema<I = any, O = any> = StandardSchemaV1<I, O>;

/**
 * What a schema accepts: the type a client sends, and the type a handler returns for a response schema.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import type { InputOf } from 'covet';
 *
 * const Page = z.object({ page: z.number().default(1) });
 * const asked: InputOf<typeof Page> = {}; // { page?: number | undefined }
 * ```
 */
export type InputOf<S> = S extends Schema ? StandardSchemaV1.InferInput<S> : never;

/**
 * What a schema produces: the type a handler receives for `params`, `query`, `headers`, `cookies` and `body`.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import type { OutputOf } from 'covet';
 *
 * const Page = z.object({ page: z.number().default(1) });
 * const seen: OutputOf<typeof Page> = { page: 1 }; // { page: number }
 * ```
 */
export type OutputOf<S> = S extends Schema ? StandardSchemaV1.InferOutput<S> : never;

/** Flattens an intersection into one object type, so that editors show the fields and not the arithmetic. */
export type Simplify<T> = { [K in keyof T]: T[K] } & {};

/** A value, or a promise of it. Covet never adds a tick to a handler that answers at once. */
export type MaybePromise<T> = T | Promise<T>;
