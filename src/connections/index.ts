/** What `import … from 'covet/connections'` can name: the pools of an application, counted and checked in one place. */
export { Connections, connections } from './connections.ts';
export type {
  CheckOptions,
  ConnectionCheck,
  ConnectionChecks,
  ConnectionSource,
  ConnectionStats,
  DatabaseStats,
  RedisStats,
} from './connections.ts';
