/** What the server is at, asked on a connection that is made for the question: the others may be silent. */
import type { Client } from 'pg';

import { toServerError } from './sql-state.ts';

/**
 * - `works`: at the statement, for all that can be known.
 * - `missed`: it has nothing to do, has never heard of us, or takes no connections.
 * - `silent`: not a word.
 */
export type Finding = 'works' | 'missed' | 'silent';

/** What was found out of each process. */
export type Findings = (processId: number) => Finding;

/** A process of the server. */
interface Activity {
  readonly pid: number;
  readonly is_working: boolean;
}

/**
 * Whoever has its answer on the way, or waits for the rest of a statement, is not at work. `$2` is our own number as we were
 * told it: that of a pooler is another, and such numbers say nothing of the server's processes.
 */
const question = `select pid, state = 'active' and wait_event_type is distinct from 'Client' or state = 'disabled' as is_working
  from pg_stat_activity where pid = any($1::int[]) and pg_backend_pid() = $2::int
  union all select 0, pg_backend_pid() <> $2::int`;

/** Asks by a client that is not connected yet, whose connecting and query have `timeout` milliseconds each. Never rejects. */
export async function askAfter(client: Client, processIds: readonly number[], timeout: number): Promise<Findings> {
  const start = performance.now();
  // What fails is told below; the event would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    // "Too many connections", "starting up": it speaks.
    if (toServerError(error) !== undefined) return () => 'works';
    const time = performance.now() - start;
    if (time < timeout) return () => 'missed';
    // Much later than it should have been: the one who was busy is this process.
    return () => (time < 1.5 * timeout ? 'silent' : 'works');
  }
  try {
    const { processID } = client as unknown as { readonly processID: number };
    const { rows } = await client.query<Activity>(question, [processIds, processID]);
    const working = new Map(rows.map(({ pid, is_working: isWorking }) => [pid, isWorking]));
    const isPooled = working.get(0) === true;
    return (processId) => (isPooled || working.get(processId) === true ? 'works' : 'missed');
  } catch {
    // It has let us in: a pooler that is full, a server that stops. The next question will tell.
    return () => 'works';
  } finally {
    // Not awaited: a server that fell silent would have us wait for its farewell.
    client.end().catch(() => {});
  }
}
