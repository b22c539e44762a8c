/** An engine whose rows are one tenant's: what a cache keeps of them has to be kept as that tenant's. */
import type { DatabaseStats } from '../connections/connections.ts';
import { assertKeyed } from '../internal/work-scope.ts';
import type { Connection, Engine, NotificationListener, Statement, StatementResult } from './engine.ts';

export class TenantEngine implements Engine {
  readonly kind: Engine['kind'];
  readonly acquireTimeout: number;
  readonly #engine: Engine;
  readonly #tenant: string;

  constructor(engine: Engine, tenant: string) {
    this.kind = engine.kind;
    this.acquireTimeout = engine.acquireTimeout;
    this.#engine = engine;
    this.#tenant = tenant;
  }

  async acquire(signal?: AbortSignal): Promise<Connection> {
    assertKeyed(this.#tenant);
    return this.#engine.acquire(signal);
  }

  ask(statement: Statement): Promise<StatementResult> {
    return this.#engine.ask(statement);
  }

  stats(): DatabaseStats {
    return this.#engine.stats();
  }

  listen(channel: string, listener: NotificationListener): Promise<() => Promise<void>> {
    return this.#engine.listen(channel, listener);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
