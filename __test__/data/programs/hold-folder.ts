/** Opens the database in a folder, writes a row and holds it until it is ended. */
import { openDatabase, sql } from '../../../src/data/index.ts';

const db = await openDatabase({ dataDir: process.argv[3]! });
await db.execute(sql`create table if not exists notes (text text)`);
await db.execute(sql`insert into notes values ('theirs')`);
process.stdout.write('ready=yes\n');
process.once('SIGTERM', () => void db.close());
