/** What the environment may say, checked before the application listens. Everything has a default. */
import { randomBytes } from 'node:crypto';

import { defineSettings } from 'covet';
import { z } from 'zod';

/** Of `LOG_LEVEL`. Not one of the settings below: the log is there before them, to tell what is wrong with them. */
export const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info');

export const Settings = defineSettings(
  z.object({
    /** `0.0.0.0` or `::` to be reached from other machines. */
    HOST: z.string().default('127.0.0.1'),
    /** 0 for any free port. */
    PORT: z.int().min(0).max(65_535).default(3000),
    /** A PostgreSQL server, as `postgres://user:password@host:5432/name`. Without it the database is in this process. */
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
    /** How many connections to that server this process may open. All processes together: fewer than its `max_connections`. */
    DATABASE_POOL: z.int().min(1).max(1000).default(20),
    /** Where the database in this process keeps its files. Without it in memory, gone when the program ends. */
    DATA_DIR: z.string().optional(),
    /** A Redis server, as `redis://user:password@host:6379/0`. Without it jobs and cache are kept in this process. */
    REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
    /** What all keys in Redis begin with. */
    REDIS_PREFIX: z.string().default('blog:'),
    /** What cursors of lists are signed with; the same in all processes. Without it one that lasts as long as the process. */
    SECRET: z.string().default(() => randomBytes(32).toString('hex')),
    /** How long an access token lives. */
    TOKEN_HOURS: z.int().min(1).max(720).default(24),
  }),
);
