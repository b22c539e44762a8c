import { get } from '../../../src/route.ts';
import type { PathParams } from '../../../src/types/path.ts';
import { type Eq, is } from './equal.ts';

is<Eq<PathParams<'/users/{id}'>, { id: string }>>();
is<Eq<PathParams<'/users/{id:int}/posts/{post_id:uuid}/{*rest}'>, { id: number; post_id: string; rest: string }>>();
is<Eq<PathParams<'/plain'>, {}>>();
is<Eq<PathParams<'/'>, {}>>();
is<Eq<PathParams<'/users/:id'>, { id: string }>>();
is<Eq<PathParams<'/users/:id/posts/{post_id:int}/:slug'>, { id: string; post_id: number; slug: string }>>();
is<Eq<PathParams<'/files/{name}.{ext}'>, { name: string; ext: string }>>();
is<Eq<PathParams<'/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h:int}'>['h'], number>>();
is<Eq<PathParams<string>, Readonly<Record<string, string>>>>();

// A path known only at run time is allowed, its parameters are then named by no type.
declare const path: string;
get(path);

// @ts-expect-error a path starts with a slash
get('users');
// @ts-expect-error no such converter
get('/users/{id:integer}');
// @ts-expect-error no such converter, in the second parameter
get('/users/{id:int}/{when:date}');
// @ts-expect-error a path is text
get(/users/);
