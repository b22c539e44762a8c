/** Contracts and dependencies the other cases share. */
import { z } from 'zod';

import { Depends } from '../../../src/di/depends.ts';
import { Header } from '../../../src/di/source.ts';
import { reply } from '../../../src/reply.ts';
import { del, get, post } from '../../../src/route.ts';
import type { AddRoute, AddRouteOfMethods, HandleRoute } from '../../../src/types/app.ts';
import type { Injectable, Token } from '../../../src/types/injectable.ts';
import type { Method } from '../../../src/types/route-spec.ts';

export interface User {
  id: number;
  name: string;
  email: string;
  permissions: string[];
}

export class Db {
  users = new Map<number, User>();
}

export abstract class Clock {
  abstract now(): Date;
}

export declare const Region: Token<'eu' | 'us'>;

export { reply };

/** The registering methods as the app has them. */
export interface Registry {
  readonly get: AddRoute<'GET'>;
  readonly post: AddRoute<'POST'>;
  readonly any: AddRoute<Method>;
  readonly route: AddRouteOfMethods;
  readonly handle: HandleRoute<Registry>;
}

export declare const app: Registry;

export const getSession = Depends(async function* () {
  yield new Db();
});

export const getCurrentUser = Depends(
  { token: Header('authorization', z.string().startsWith('Bearer ')), db: getSession },
  async ({ token, db }) => {
    const user = db.users.get(Number(token.slice(7)));
    if (user === undefined) throw new Error('Invalid authentication');
    return user;
  },
);

export const requirePermission = (_permission: string): Injectable<User> => getCurrentUser;

export const UserOut = z.object({ id: z.number().int(), name: z.string(), email: z.string() });
export const Problem = z.object({ error: z.object({ message: z.string() }) });

export const GetUser = get('/users/{user_id}', {
  params: z.object({ user_id: z.coerce.number().int().positive() }),
  deps: { db: getSession },
  response: { 200: UserOut, 404: Problem },
});

export const ListUsers = get('/users', {
  query: z.object({ page: z.coerce.number().int().min(1).default(1), verbose: z.stringbool().default(false) }),
  deps: { db: getSession, me: getCurrentUser },
  response: z.array(UserOut),
});

export const CreateUser = post('/users', {
  body: z.object({ name: z.string().min(1), email: z.email() }),
  deps: { db: getSession },
  response: { 201: UserOut },
  status: 201,
});

export const DeleteUser = del('/users/{user_id:int}', {
  deps: { db: getSession, admin: requirePermission('users.delete') },
  response: z.object({ message: z.string() }),
});
