/**
 * A server with as many threads as the argument says, which takes bodies in each of the ways there are. An answer names the
 * thread that took it, and the digest of what came.
 */
import { createHash } from 'node:crypto';
import { isMainThread, threadId } from 'node:worker_threads';

import { z } from 'zod';

import { Covet, file } from '../../../src/index.ts';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const app = new Covet({ limits: { bodyLimit: 2 ** 26 } });
app.post('/whole', { form: z.object({ title: z.string() }), files: { photo: file() } }, async ({ form, files }) => ({
  thread: threadId,
  title: form.title,
  digest: digest(await files.photo.bytes()),
}));
app.post('/parts', async ({ req }) => {
  const hash = createHash('sha256');
  let title = '';
  for await (const part of req.parts()) {
    if (part.kind === 'field') title = part.value;
    else for await (const chunk of part.stream()) hash.update(chunk);
  }
  return { thread: threadId, title, digest: hash.digest('hex') };
});
app.post('/echo', ({ req }) => req.stream);

const { port } = await app.listen({ port: 0, workers: Number(process.argv[3]) });
if (isMainThread) process.stdout.write(`port=${port}\n`);
