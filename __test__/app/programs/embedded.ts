/** Opens a database in this process, then asks for several threads, each of which would have one of its own. */
import { openDatabase } from '../../../src/data/index.ts';
import { Covet } from '../../../src/index.ts';

const db = await openDatabase();
const app = new Covet({ logger: false });
app.get('/', () => 'home');
try {
  await app.listen({ port: 0, workers: 2 });
  process.stdout.write('refused=nothing\n');
} catch (error) {
  process.stdout.write(`refused=${(error as Error).name}\n`);
}
await app.close();
await db.close();
