/** What `import … from 'covet/redis'` can name: connections to Redis. */
export { RedisConnection } from './redis-connection.ts';
export type { RedisClient } from './redis-connection.ts';
export { RedisUnavailableError } from './redis-error.ts';
export type { RedisUnavailableOptions } from './redis-error.ts';
export type { ClusterNodes, RedisNode, RedisOptions, SentinelOptions } from './redis-options.ts';
export { openRedis, redis } from './redis.ts';
export type { OpenRedisOptions } from './redis.ts';
export type { MessageListener, SubscribeOptions, Subscription } from './subscriptions.ts';
