/** Notifications of a PostgreSQL server, on a connection that does nothing else. */
import type { Client } from 'pg';

import type { NotificationListener } from './engine.ts';
import { toDatabaseError } from './sql-state.ts';
import { sql } from './sql-tag.ts';

/** Connects and listens. Resolves to what ends it. @throws DatabaseError when there is no connection to be had. */
export async function listenOn(
  client: Client,
  channel: string,
  { onNotification, onLost }: NotificationListener,
): Promise<() => Promise<void>> {
  let isOver = false;
  // An event nobody listens to would end the process; `end` follows, and says the same.
  client.on('error', () => {});
  client.on('notification', ({ payload = '' }) => onNotification(payload));
  try {
    await client.connect();
    await client.query(`listen ${sql.id(channel).text}`);
  } catch (error) {
    await client.end().catch(() => {
      // It was never there: why is what the caller is told.
    });
    throw toDatabaseError(error);
  }
  client.on('end', () => {
    if (!isOver) onLost();
  });
  return async () => {
    isOver = true;
    await client.end();
  };
}
