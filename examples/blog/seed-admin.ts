/** An administrator to try the example with. */
import { randomUUID } from 'node:crypto';

import { issueToken } from './auth/authenticate.ts';
import { Passwords } from './auth/passwords.ts';
import { permissions } from './auth/permission.ts';
import { inTransaction, type Database } from './database/queryable.ts';

/** Makes sure of a user `admin` with every permission, and gives a token for an hour. Nobody knows the password. */
export async function seedAdmin(database: Database): Promise<string> {
  const passwordHash = await new Passwords().hash(randomUUID());
  return inTransaction(database, async (transaction) => {
    await transaction.query(
      `insert into users (username, email, password_hash, permissions) values ('admin', 'admin@example.com', $1, $2)
       on conflict do nothing`,
      [passwordHash, permissions],
    );
    const [admin] = await transaction.query<{ id: number }>(
      "select id from users where username = 'admin' and deleted_at is null",
    );
    return (await issueToken(transaction, admin!.id, 1)).token;
  });
}
