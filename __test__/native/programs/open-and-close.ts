/** Opens and closes servers, each of a size that shows, and reports by how many bytes the process has grown. */
import { Covet } from '../../../src/index.ts';

const collect = (globalThis as unknown as { gc: () => void }).gc;

async function openAndClose(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const app = new Covet({ logger: false, limits: { maxInFlight: 65_536 } });
    app.get('/', () => 'home');
    const { url } = await app.listen({ port: 0, ioThreads: 1 });
    await (await fetch(url)).text();
    await app.close(0);
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

await openAndClose(5);
const before = process.memoryUsage.rss();
await openAndClose(30);
process.stdout.write(`grown=${process.memoryUsage.rss() - before}\n`);
