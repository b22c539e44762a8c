/** The connections that BullMQ makes, as `connections` sees them. */
import type { ConnectionSource, RedisStats } from '../connections/connections.ts';

/** What is used of a client of BullMQ's. */
export interface BullClient {
  readonly status: string;
  on(event: 'ready', listener: () => void): unknown;
  exists(key: string): Promise<number>;
  set(key: string, value: string, unit: 'PX', life: number): Promise<unknown>;
}

export class BullClients implements ConnectionSource {
  readonly #shared: BullClient[] = [];
  /** Those that block. */
  readonly #blocking: BullClient[] = [];
  #most = 0;
  #created = 0;

  /** Takes in one that may not be connected yet. */
  add(client: Promise<BullClient> | undefined, { blocks = false }: { readonly blocks?: boolean } = {}): void {
    if (client === undefined) return;
    this.#most += 1;
    void this.#take(client, blocks ? this.#blocking : this.#shared);
  }

  /** Never rejects. */
  async #take(connecting: Promise<BullClient>, list: BullClient[]): Promise<void> {
    try {
      const client = await connecting;
      list.push(client);
      if (client.status === 'ready') this.#created += 1;
      client.on('ready', () => (this.#created += 1));
    } catch {
      // It was closed before it was there. Its owner is told of that.
    }
  }

  stats(): RedisStats {
    const available = this.#shared.filter(isOpen).length;
    const inUse = this.#blocking.filter(isOpen).length;
    return {
      max_connections: this.#most,
      created_connections: this.#created,
      available_connections: available,
      in_use_connections: inUse,
      total_connections: available + inUse,
      active_connections: inUse,
    };
  }

  async ping(): Promise<void> {
    const [first] = this.#shared;
    if (first === undefined) throw new Error('there has been no connection yet');
    await first.exists('covet');
  }
}

const isOpen = ({ status }: BullClient): boolean => status === 'ready';
