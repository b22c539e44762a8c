import { controller } from '../../../src/controller.ts';
import { get, post } from '../../../src/route.ts';
import type { In } from '../../../src/types/route.ts';
import { CreateUser, DeleteUser, GetUser, ListUsers, reply } from './shop.ts';

@controller('/api/v1', { middleware: [async (_ctx, next) => next()] })
export class Users {
  #seen = 0;

  @GetUser
  async getUser({ params, db }: In<typeof GetUser>) {
    this.#seen += 1;
    const user = db.users.get(params.user_id);
    if (user === undefined) return reply(404, { error: { message: 'User not found' } });
    return user;
  }

  @ListUsers
  list({ query, db }: In<typeof ListUsers>) {
    return [...db.users.values()].slice(query.page - 1);
  }

  @CreateUser
  async create({ body, db }: In<typeof CreateUser>) {
    const user = { id: db.users.size + 1, permissions: [], ...body };
    db.users.set(user.id, user);
    return reply(201, user);
  }

  @DeleteUser
  async remove({ params, db }: In<typeof DeleteUser>): Promise<{ message: string }> {
    db.users.delete(params.user_id);
    return { message: 'User deleted successfully' };
  }

  // Inline, annotated by structure: only what is used.
  @get('/users/{user_id}/posts/{post_id}') post({ params }: { params: { user_id: string; post_id: string } }) {
    return params;
  }
  @get('/z/{id}') nothing() {
    return 1;
  }
  @GetUser async subset({ params: { user_id } }: { params: { user_id: number } }) {
    return { id: user_id, name: '', email: '' };
  }
  @GetUser response() {
    return new Response('x');
  }
  @get('/a') @post('/b') two() {}
  @GetUser untyped(ctx: any) {
    return ctx;
  }
  @get('/opt/{id}') optional({ params, later }: { params: { id: string }; later?: number }) {
    return `${params.id}${later}`;
  }
}

@controller('/bad')
export class Bad {
  // @ts-expect-error params.user_id is a number in the contract
  @GetUser async a({ params }: { params: { user_id: string } }) {
    return reply(404, { error: { message: params.user_id } });
  }
  // @ts-expect-error the contract injects no `cache`
  @GetUser async b({ cache }: { cache: Map<string, string> }) {
    return reply(404, { error: { message: String(cache) } });
  }
  // @ts-expect-error the return value lacks `email`
  @GetUser async c({ params }: In<typeof GetUser>) {
    return { id: params.user_id, name: 'x' };
  }
  // @ts-expect-error 418 is not in the response map
  @GetUser async d() {
    return reply(418, { error: { message: 'teapot' } });
  }
  // @ts-expect-error the template has {id}, not {uid}
  @get('/x/{id}') e({ params }: { params: { uid: string } }) {
    return params.uid;
  }
  // @ts-expect-error decorators of routes do not go on fields
  @get('/y') f = (): number => 1;
  // @ts-expect-error nor on static methods
  @get('/y') static g() {}
  // @ts-expect-error nor on getters
  @get('/y') get h() {
    return 1;
  }
  // @ts-expect-error nor on private methods
  @get('/y') #i() {}
  // @ts-expect-error the request gives one argument
  @get('/y') j(_ctx: unknown, _more: number) {}
  // @ts-expect-error 404 wants a problem
  @GetUser k() {
    return reply(404, 'x');
  }
  // @ts-expect-error one of two branches is wrong
  @GetUser async l({ params }: In<typeof GetUser>) {
    return params.user_id > 1 ? { id: 1, name: 'x', email: 'y' } : { id: 2, name: 'x' };
  }
  // @ts-expect-error nothing is not a user
  @GetUser m() {}
  // @ts-expect-error `db` is another class
  @GetUser n({ db }: { db: Map<string, string> }) {
    return reply(404, { error: { message: String(db.size) } });
  }
}

// @ts-expect-error nor on classes
@get('/y')
export class Worse {}

// @ts-expect-error a prefix is text
@controller({ prefix: '/x' })
export class Worst {}
