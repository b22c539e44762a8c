import pg from 'pg';
import type { PoolClient } from 'pg';

import { databaseUrl, poolSize, statements, takeRows } from './fixtures.ts';
import type { User } from './fixtures.ts';

/**
 * The data access of the base lines: `pg` by itself, with named and therefore prepared statements, which is the least it
 * can cost.
 */
const pool = new pg.Pool({ connectionString: databaseUrl(), max: poolSize });

export async function findUser(id: number): Promise<User | undefined> {
  const { rows } = await pool.query<User>({ name: 'row', text: statements.row, values: [id] });
  return rows[0];
}

export async function findPage(after: number): Promise<User[]> {
  const { rows } = await pool.query<User>({ name: 'page', text: statements.page, values: [after] });
  return rows;
}

/** @returns how many rows were changed, in one transaction. */
export async function updateRows(): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const updated = await updateEach(client);
    await client.query('commit');
    return updated;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function updateEach(client: PoolClient): Promise<number> {
  let updated = 0;
  for (const id of takeRows()) {
    const { rowCount } = await client.query({ name: 'update', text: statements.update, values: [id] });
    updated += rowCount ?? 0;
  }
  return updated;
}
