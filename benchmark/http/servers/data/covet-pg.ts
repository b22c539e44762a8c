import { Covet, HttpError } from '../../../../dist/index.js';
import { announce } from '../control.ts';
import { PageBody, PageQuery, UpdatedBody, UserBody } from './contract.ts';
import { findPage, findUser, updateRows } from './plain-pg.ts';

const app = new Covet({ logger: false });

app.get('/users/{id:int}', { response: UserBody }, async ({ params }) => {
  const user = await findUser(params.id);
  if (user === undefined) throw new HttpError(404, 'User not found');
  return user;
});

app.get('/users', { query: PageQuery, response: PageBody }, async ({ query }) => ({
  users: await findPage(query.after),
}));

app.post('/updates', { response: UpdatedBody }, async () => ({ updated: await updateRows() }));

const { port } = await app.listen({ port: 0, host: '127.0.0.1' });
announce(port);
