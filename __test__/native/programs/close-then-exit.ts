/** Begins to close with a long grace while a request hangs, then has enough of it. */
import { Covet } from '../../../src/index.ts';

const app = new Covet({ logger: false });
app.get('/', () => new Promise(() => {}));
app.get('/exit', () => {
  void app.close(30_000);
  setTimeout(() => {
    process.stdout.write(`exit=${Date.now()}\n`);
    process.exit(5);
  }, 100);
});
const { port } = await app.listen({ port: 0 });
process.stdout.write(`port=${port}\n`);
