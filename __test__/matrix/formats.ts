/** Formats by `Accept`. */
import assert from 'node:assert/strict';

import { decode } from '@msgpack/msgpack';

import { HttpError, msgpackSerializer, reply, textSerializer, xmlSerializer } from '../../src/index.ts';
import type { BehaviourGroup, MatrixResponse, Send } from './behaviour.ts';

const ask = (send: Send, url: string, accept: string): Promise<MatrixResponse> => send({ url, headers: { accept } });

export const formats: BehaviourGroup = {
  name: 'formats',
  options: { serializers: [xmlSerializer({ root: 'user' }), msgpackSerializer(), textSerializer()] },
  register(app) {
    app.get('/user', () => reply(200, { id: 1, name: 'A & B' }, { headers: { vary: 'Origin' } }));
    app.get('/only', { produces: ['application/xml'] }, () => ({ id: 1 }));
    app.get('/plain', () => 'text');
    app.get('/failing', () => {
      throw new HttpError(409, 'No');
    });
  },
  behaviours: {
    async 'the client gets what it wants most'(send) {
      for (const [accept, type] of [
        ['*/*', 'application/json'],
        ['application/xml', 'application/xml; charset=utf-8'],
        ['application/json;q=0.5, application/xml;q=0.6', 'application/xml; charset=utf-8'],
        ['text/*, application/*;q=0.1', 'text/plain; charset=utf-8'],
        ['nonsense', 'application/json'],
      ] as const) {
        const response = await ask(send, '/user', accept);
        assert.deepEqual([response.status, response.headers['content-type']], [200, type], accept);
        assert.equal(response.headers['vary'], 'Origin, Accept');
      }
      const packed = await ask(send, '/user', 'application/msgpack');
      assert.deepEqual(decode(packed.body), { id: 1, name: 'A & B' });
    },
    async 'what there is not is 406, with what there is'(send) {
      const response = await ask(send, '/only', 'application/json');
      assert.equal(response.status, 406);
      assert.deepEqual(response.json.error.details.available, ['application/xml; charset=utf-8']);
      assert.equal((await ask(send, '/user', 'image/png')).status, 406);
    },
    async 'text and errors are not negotiated'(send) {
      assert.equal((await ask(send, '/plain', 'application/xml')).headers['content-type'], 'text/plain; charset=utf-8');
      const failed = await ask(send, '/failing', 'application/xml');
      assert.deepEqual([failed.status, failed.headers['content-type']], [409, 'application/json']);
    },
  },
};
