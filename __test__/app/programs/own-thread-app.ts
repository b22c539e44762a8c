/** The application of own-thread.ts. */
import { parentPort } from 'node:worker_threads';

import { Covet } from '../../../src/index.ts';

const app = new Covet({ logger: false, onUncaught: 'exit' });
app.get('/', () => 'home');
app.get('/large', () => new Uint8Array(16 * 1024 * 1024));
app.get('/slow', () => new Promise((resolve) => setTimeout(resolve, 20, 'slow')));
const { port } = await app.listen({ port: 0 });
parentPort!.postMessage(port);
