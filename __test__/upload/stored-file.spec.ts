/** The bytes of a gathered file, in memory or on disk, in one piece and in several (Q7). */
import test from 'ava';

import { file } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { post } from './form-body.ts';

const limit = 10_000_000;

for (const length of [1, 65_536, 65_537, 262_144, 262_145, 1_048_575, 1_048_576, 1_048_577, 3_000_001]) {
  test(`a file of ${length} bytes is the same whole and in pieces`, async (t) => {
    const data = Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) % 251));
    const { port } = await serve(t, (app) => {
      app.post('/', { files: { doc: file({ maxSize: limit }) } }, async ({ files }) => {
        const pieces: Uint8Array[] = [];
        for await (const piece of files.doc.stream()) pieces.push(piece);
        const whole = await files.doc.bytes();
        return { size: files.doc.size, isSame: data.equals(whole), isSameInPieces: data.equals(Buffer.concat(pieces)) };
      });
    });
    const response = await post(port, '/', [{ name: 'doc', filename: 'n', data }]);
    t.deepEqual(response.json(), { size: length, isSame: true, isSameInPieces: true });
  });
}
