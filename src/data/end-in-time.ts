/** Clients of `pg` that end although the server says nothing to it. */
import type { Client } from 'pg';

/** How long the server may take to let go of a connection, in milliseconds. */
const farewell = 2000;

/**
 * The class with an `end` that waits no longer than that. `pg` waits until the other side has closed as well, which over a
 * network that has gone may be never: whoever closes the pool would wait with it, and the process not end.
 */
export function endingInTime(Base: typeof Client): typeof Client {
  return class extends Base {
    override end(): Promise<void>;
    override end(callback: (error: Error) => void): void;
    override end(callback?: (error: Error) => void): Promise<void> | void {
      const { connection } = this as unknown as { readonly connection: { readonly stream: { destroy(): void } } };
      const timer = setTimeout(() => connection.stream.destroy(), farewell).unref();
      this.once('end', () => clearTimeout(timer));
      return callback === undefined ? super.end() : super.end(callback);
    }
  };
}
