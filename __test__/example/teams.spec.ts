/** Teams of the example: what one writes no other reads, from the database or the cache (D13). */
import { randomUUID } from 'node:crypto';

import test from 'ava';
import { sql } from 'covet/data';

import { Blog, engines, type Member } from './blog.ts';

for (const engine of engines) {
  const blog = new Blog(engine);
  test.before(() => blog.open());
  test.after.always(() => blog.close());

  const found = async (name = `t-${randomUUID()}`): Promise<Member & { team: string }> => {
    const founder = await blog.member();
    const { status } = await blog.call('POST /api/teams', { token: founder.token, body: { name } });
    if (status !== 201) throw new Error(`No team: ${status}`);
    return { ...founder, team: name };
  };
  const notesOf = async ({ token }: Member): Promise<string[]> =>
    (await blog.call('GET /api/team/notes', { token })).body.map(({ text }: { text: string }) => text);
  const write = async ({ token }: Member, text: string): Promise<number> =>
    (await blog.call('POST /api/team/notes', { token, body: { text } })).status;

  test.serial(`${engine}: a team reads its notes and no other's, kept ones too`, async (t) => {
    const [ours, theirs] = [await found(), await found()];
    t.deepEqual([await write(ours, 'ours'), await write(theirs, 'theirs')], [201, 201]);
    for (let again = 0; again < 2; again += 1) {
      t.deepEqual([await notesOf(ours), await notesOf(theirs)], [['ours'], ['theirs']]);
    }
    t.is(await write(ours, 'more'), 201);
    t.deepEqual([await notesOf(ours), await notesOf(theirs)], [['more', 'ours'], ['theirs']]);
    t.is(await blog.database.execute(sql`select from notes where text in ('ours', 'theirs', 'more')`), 3);
  });

  test.serial(`${engine}: who has no team has no notes, and no header gets any`, async (t) => {
    const [ours, stranger] = [await found(), await blog.member()];
    t.is(await write(ours, 'ours'), 201);
    t.is((await blog.call('GET /api/team/notes', { token: stranger.token })).status, 401);
    const { team_id } = await blog.database.one(
      sql<{ team_id: number }>`select team_id from users where id = ${ours.id}`,
    );
    const theirs = await found();
    const headers = { authorization: `Bearer ${theirs.token}`, 'tenant-id': String(team_id) };
    t.is((await fetch(`${blog.url}/api/team/notes`, { headers })).status, 403);
  });

  test.serial(`${engine}: a name is one team's, and members are people there are`, async (t) => {
    const ours = await found();
    const other = await blog.member();
    const taken = await blog.call('POST /api/teams', { token: other.token, body: { name: ours.team } });
    t.is(taken.status, 422);
    t.like(taken.body.error.details.field_errors[0], { field: 'name', code: 'unique', message: 'Already taken' });
    const add = (user_id: number) => blog.call('POST /api/team/members', { token: ours.token, body: { user_id } });
    const nobody = await add(2_000_000_000);
    t.is(nobody.status, 422);
    t.like(nobody.body.error.details.field_errors[0], { field: 'user_id', code: 'exists' });
    t.is((await add(other.id)).status, 204);
    t.is((await add(other.id)).status, 422, 'in a team already');
    t.is(await write(other, 'from the new one'), 201);
    t.deepEqual(await notesOf(ours), ['from the new one']);
    t.is((await blog.call('POST /api/teams', { token: ours.token, body: { name: 'Another' } })).status, 400);
  });
}
