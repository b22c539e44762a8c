/** Who did what. An entry is written in the transaction of what it tells of: there is both, or neither. */
import type { z } from 'zod';

import type { Queryable } from '../database/queryable.ts';
import { readPage, type Page, type PageQuery } from '../page.ts';

export interface AuditEntry {
  readonly id: number;
  readonly admin_id: number;
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
}

export class AuditLog {
  /** Writes an entry; it counts once the session commits. */
  async record(session: Queryable, entry: Pick<AuditEntry, 'admin_id' | 'action' | 'details'>): Promise<void> {
    await session.query('insert into audit_log (admin_id, action, details) values ($1, $2, $3)', [
      entry.admin_id,
      entry.action,
      JSON.stringify(entry.details),
    ]);
  }

  /** Reads entries, newest first. */
  list(session: Queryable, page: z.infer<typeof PageQuery>): Promise<Page<AuditEntry>> {
    const columns = 'id, admin_id, action, details, created_at as timestamp';
    return readPage<AuditEntry>(session, { columns, from: 'audit_log', order: 'id desc', values: [] }, page);
  }
}
