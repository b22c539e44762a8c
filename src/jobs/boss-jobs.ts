/** Jobs in PostgreSQL, by pg-boss. */
import type PgBoss from 'pg-boss';

import type { ConnectionSource, DatabaseStats } from '../connections/connections.ts';
import { importPeer } from '../internal/import-peer.ts';
import { BossWorker } from './boss-worker.ts';
import type { JobCounts, JobDriver, JobWorker, NewJob, WorkOptions } from './job-driver.ts';
import { JobError } from './job-error.ts';
import { withinTime } from './within-time.ts';

/** Options of {@link bossJobs}. */
export interface BossJobsOptions {
  /** Where PostgreSQL is: `postgres://user:password@host:5432/database`. */
  readonly url: string;
  /** The schema pg-boss makes its tables in; at most 50 characters. Default `'covet_jobs'`. */
  readonly schema?: string | undefined;
  /** How many connections at most. Default 5. */
  readonly connections?: number | undefined;
  /** How often to look for jobs that others have added, in milliseconds. Default 500. */
  readonly pollingInterval?: number | undefined;
  /** How long PostgreSQL may take to answer before a job is refused, in milliseconds. Default 5000. */
  readonly timeout?: number | undefined;
}

/**
 * Keeps jobs in PostgreSQL by [pg-boss](https://timgit.github.io/pg-boss), which has to be installed:
 * `npm install pg-boss@10 pg`. PostgreSQL 13 or newer; the tables are made at the first start.
 *
 * Jobs that are over are remembered for half a day, those that failed or were not started for two weeks.
 *
 * @throws RangeError when `pollingInterval` is not at least 50 ms, or `timeout` not at least 1 ms.
 */
export function bossJobs(options: BossJobsOptions): JobDriver {
  const { pollingInterval = 500, timeout = 5000 } = options;
  if (!(timeout >= 1 && timeout < 2 ** 31)) throw new RangeError(`timeout must be at least 1 ms, not ${timeout}`);
  if (!(pollingInterval >= 50)) throw new RangeError(`pollingInterval must be at least 50 ms, not ${pollingInterval}`);
  return new BossJobs({ ...options, pollingInterval, timeout });
}

type Checked = BossJobsOptions & { readonly pollingInterval: number; readonly timeout: number };

/** What is used of the pool behind pg-boss. */
interface BossPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

class BossJobs implements JobDriver {
  readonly #options: Checked;
  #boss: PgBoss | undefined;
  #opening: Promise<PgBoss> | undefined;
  #worker: BossWorker | undefined;
  #queue = '';
  #onError: (error: unknown) => void = () => {};

  constructor(options: Checked) {
    this.#options = options;
  }

  async open(queue: string, onError: (error: unknown) => void): Promise<void> {
    this.#queue = queue;
    this.#onError = onError;
    // A mistake in the options is found now; a database that is down may come up later.
    const peer = await importPeer(() => import('pg-boss'), 'pg-boss', 'jobs in PostgreSQL');
    await this.#inTime(this.#open(peer.default)).catch(onError);
  }

  async add(jobs: readonly NewJob[]): Promise<void> {
    await this.#ask((boss) =>
      boss.insert(
        jobs.map((job) => ({
          id: job.id,
          name: this.#queue,
          data: { name: job.name, payload: job.payload },
          priority: job.priority,
          ...(job.delay > 0 ? { startAfter: new Date(Date.now() + job.delay) } : undefined),
          retryLimit: job.attempts - 1,
          retryDelay: Math.max(1, Math.round(job.backoff.delay / 1000)),
          retryBackoff: true,
          // For a worker that died: one that lives gives up by itself before.
          expireInSeconds: Math.ceil(job.timeout / 1000) + 30,
        })),
      ),
    );
    this.#worker?.look();
  }

  work(options: WorkOptions): JobWorker {
    this.#worker = new BossWorker({
      ...options,
      queue: this.#queue,
      interval: this.#options.pollingInterval,
      boss: () => this.#ready(),
    });
    return this.#worker;
  }

  async counts(): Promise<JobCounts> {
    return this.#ask(async (boss) => {
      const schema = this.#options.schema ?? 'covet_jobs';
      const { rows } = await boss.getDb().executeSql(
        `select
           count(*) filter (where state < 'active' and start_after <= now())::int as waiting,
           count(*) filter (where state = 'active')::int as active,
           count(*) filter (where state < 'active' and start_after > now())::int as delayed,
           count(*) filter (where state in ('failed', 'cancelled'))::int as failed
         from "${schema.replaceAll('"', '""')}".job where name = $1`,
        [this.#queue],
      );
      return rows[0] as JobCounts;
    });
  }

  connections(): Readonly<Record<string, ConnectionSource>> {
    const ping = async (): Promise<void> => {
      const boss = await this.#ready();
      await boss.getDb().executeSql('select 1', []);
    };
    return { [`db_jobs_${this.#queue}`]: { stats: () => this.#stats(), ping } };
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    // An application that has closed may be followed by another.
    this.#boss = undefined;
    this.#opening = undefined;
    this.#worker = undefined;
    if (opening === undefined) return;
    const stopped = opening.then(
      (boss) => boss.stop({ graceful: false, wait: true }),
      () => {
        // Why it did not open was told, and it has been stopped.
      },
    );
    await this.#inTime(stopped).catch(this.#onError);
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    return withinTime(work, this.#options.timeout, 'no answer came');
  }

  #stats(): DatabaseStats {
    const size = this.#options.connections ?? 5;
    const db = this.#boss?.getDb() as { readonly pool?: BossPool } | undefined;
    const { totalCount: total = 0, idleCount: idle = 0, waitingCount: waiting = 0 } = db?.pool ?? {};
    const active = total - idle;
    return {
      pool_size: size,
      checked_in: idle,
      checked_out: active,
      overflow: 0,
      total_connections: total,
      active_connections: active,
      waiting,
    };
  }

  /** Tried again at the next need when it failed. */
  #ready(): Promise<PgBoss> {
    if (this.#boss !== undefined) return Promise.resolve(this.#boss);
    return importPeer(() => import('pg-boss'), 'pg-boss', 'jobs in PostgreSQL').then((peer) =>
      this.#open(peer.default),
    );
  }

  #open(Boss: typeof PgBoss): Promise<PgBoss> {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#start(Boss);
    this.#opening = opening;
    void this.#note(opening);
    return opening;
  }

  /** Unless it was closed meanwhile. Never rejects. */
  async #note(opening: Promise<PgBoss>): Promise<void> {
    let boss: PgBoss | undefined;
    try {
      boss = await opening;
    } catch {
      // Whoever waits for it is told why; the next need tries again.
    }
    if (this.#opening !== opening) return;
    this.#boss = boss;
    if (boss === undefined) this.#opening = undefined;
  }

  async #start(Boss: typeof PgBoss): Promise<PgBoss> {
    const { url, schema = 'covet_jobs', connections = 5, timeout } = this.#options;
    const config = {
      connectionString: url,
      schema,
      max: connections,
      schedule: false,
      // Those of the pool, which pg-boss passes on: a server that says nothing keeps nobody.
      connectionTimeoutMillis: timeout,
      query_timeout: timeout,
      keepAlive: true,
    };
    const boss = new Boss(config);
    boss.on('error', this.#onError);
    try {
      await boss.start();
      await boss.createQueue(this.#queue);
    } catch (error) {
      await boss.stop({ graceful: false, wait: true }).catch(this.#onError);
      throw error;
    }
    return boss;
  }

  async #ask<T>(question: (boss: PgBoss) => Promise<T>): Promise<T> {
    try {
      return await this.#inTime(this.#ready().then(question));
    } catch (cause) {
      throw new JobError('JOB_QUEUE_UNAVAILABLE', `PostgreSQL did not take what queue '${this.#queue}' asked`, {
        cause,
      });
    }
  }
}
