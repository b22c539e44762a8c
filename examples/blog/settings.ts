/** What the environment may say, checked before the application listens. Everything has a default. */
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
    /** Where the database in this process keeps its files. Without it in memory, gone when the program ends. */
    DATA_DIR: z.string().optional(),
    /** How long an access token lives. */
    TOKEN_HOURS: z.int().min(1).max(720).default(24),
  }),
);
