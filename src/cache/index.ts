/** What `import … from 'covet/cache'` can name: values, results and answers, kept. */
export { Cache } from './cache.ts';
export type { CacheStats } from './cache.ts';
export type { CacheOptions, EntryOptions, FactoryTimeout, GetOrSetOptions } from './cache-options.ts';
export type { CacheKey } from './canonical-key.ts';
export { cacheResponses } from './cache-responses.ts';
export type { CacheResponsesOptions } from './cache-responses.ts';
export { cached } from './cached.ts';
export type { CachedDecorator, CachedFunction, CachedOptions } from './cached.ts';
export { cachedQuery } from './cached-query.ts';
export type { CachedQueryOptions, QuerySource, Statement } from './cached-query.ts';
export { cache, createCache } from './create-cache.ts';
export type { CacheDependencyOptions, CreateCacheOptions } from './create-cache.ts';
export type { FactoryContext } from './flight.ts';
