import { Covet } from '../../../dist/index.js';
import { CreatedUser, FoundUser, Hello, NewUser, createUser } from './contract.ts';
import { announce } from './control.ts';

const app = new Covet({ logger: false });

app.get('/', { response: Hello }, () => ({ hello: 'world' }));

app.get('/users/{id:int}', { response: FoundUser }, ({ params, req }) => ({
  id: params.id,
  requestId: req.header('x-request-id') ?? '',
}));

app.post('/users', { body: NewUser, response: { 201: CreatedUser }, status: 201 }, ({ body }) => createUser(body));

const { port } = await app.listen({ port: 0, host: '127.0.0.1' });
announce(port);
