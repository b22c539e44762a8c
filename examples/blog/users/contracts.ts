/** What the routes of users take and give. */
import { get, post } from 'covet';
import { z } from 'zod';

import { getCurrentUser } from '../auth/current-user.ts';
import { getTransaction } from '../database.ts';
import { getOutbox } from '../jobs.ts';
import { PageQuery, pageOf } from '../page.ts';
import { getUserStore } from './user-store.ts';
import { Account, NewUser, PublicUser, UserId } from './user.ts';

export const ListUsers = get('/users', {
  summary: 'List users',
  query: PageQuery,
  response: pageOf(PublicUser),
  deps: { users: getUserStore },
});

export const GetUser = get('/users/{user_id:int}', {
  summary: 'Read one user',
  params: z.object({ user_id: UserId }),
  response: PublicUser,
  deps: { users: getUserStore },
});

export const CreateUser = post('/users', {
  summary: 'Sign up',
  body: NewUser,
  response: { 201: Account },
  deps: { users: getUserStore, tx: getTransaction, outbox: getOutbox },
});

export const GetProfile = get('/profile', {
  summary: 'Read your own account',
  response: Account,
  deps: { user: getCurrentUser },
});
