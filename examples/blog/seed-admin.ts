/** An administrator to try the example with. */
import { randomUUID } from 'node:crypto';

import { sql, type Database } from 'covet/data';
import { hashPassword } from 'covet/passwords';

import { issueToken } from './auth/authenticate.ts';
import { permissions } from './auth/permission.ts';

/** Makes sure of a user `admin` with every permission, and gives a token for an hour. Nobody knows the password. */
export async function seedAdmin(db: Database): Promise<string> {
  const password_hash = await hashPassword(randomUUID());
  const admin = { username: 'admin', email: 'admin@example.com', password_hash, permissions };
  return db.transaction(async (tx) => {
    await tx.execute(sql`insert into users ${sql.values(admin)} on conflict do nothing`);
    const { id } = await tx.one(
      sql<{ id: number }>`select id from users where username = 'admin' and deleted_at is null`,
    );
    return (await issueToken(tx, id, 1)).token;
  });
}
