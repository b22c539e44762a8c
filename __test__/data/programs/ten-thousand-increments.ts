/**
 * 10,000 increments at once, or as many as the argument says, while back ends are killed in the middle of anything:
 *
 *     TEST_DATABASE_URL=postgres://… node --import=tsx __test__/data/programs/ten-thousand-increments.ts 10000
 */
import { openDatabase } from '../../../src/data/index.ts';
import { createDatabase } from '../../helpers/database.ts';
import { incrementUnderFire } from '../increment-under-fire.ts';

const count = Number(process.argv[2] ?? 10_000);
const made = await createDatabase();
const { url } = made;
const db = await openDatabase({ url, poolSize: 10, maxOverflow: 0, acquireTimeout: 600_000 });
const admin = await openDatabase({ url, poolSize: 1, maxOverflow: 0 });
try {
  const outcome = await incrementUnderFire(db, admin, { count, interval: 200 });
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  const isExact = outcome.n === count && outcome.entries === count && outcome.rejected.length === 0;
  process.exitCode = isExact ? 0 : 1;
} finally {
  await db.close();
  await admin.close();
  await made.drop();
}
