/** Teams, and notes that only the team can read. */
import { BusinessRuleError, reply, type Covet } from 'covet';
import { cachedQuery } from 'covet/cache';
import { checkedBody, exists, notDeleted, sql, unique } from 'covet/data';
import { z } from 'zod';

import { getCurrentUserAlone } from '../auth/current-user.ts';
import { getCache } from '../cache.ts';
import { getDatabase } from '../database.ts';
import { UserId } from '../users/user.ts';
import { getTeam, getTeamDatabase, getTeamTransaction } from './team-database.ts';

const Team = z.object({ id: z.int(), name: z.string() });
const Note = z.object({ id: z.int(), author_id: UserId, text: z.string(), created_at: z.iso.datetime() });
type Note = z.infer<typeof Note>;

/** A name that is taken is a 422 like any other fault of the body. */
const newTeam = checkedBody(getDatabase, z.object({ name: z.string().trim().min(3).max(50) }), {
  name: unique('teams', 'name'),
});

const newMember = checkedBody(getDatabase, z.object({ user_id: UserId }), {
  user_id: exists('users', 'id', { where: sql`team_id is null and ${notDeleted()}`, message: 'Nobody to be added' }),
});

/** Adds teams and their notes. */
export function addTeams(app: Covet): void {
  addMembership(app);
  addNotes(app);
}

function addMembership(app: Covet): void {
  app.post(
    '/api/teams',
    {
      summary: 'Found a team',
      response: { 201: Team },
      deps: { team: newTeam, user: getCurrentUserAlone, db: getDatabase },
    },
    async ({ team, user, db }) => {
      const founded = await db.transaction(async (tx) => {
        const row = await tx.one(sql.type(Team)`insert into teams ${sql.values(team)} returning id, name`);
        const joined = await tx.execute(
          sql`update users set team_id = ${row.id} where id = ${user.id} and team_id is null`,
        );
        if (joined === 0) throw new BusinessRuleError('You are in a team already', 'one_team');
        return row;
      });
      return reply(201, founded);
    },
  );

  app.post(
    '/api/team/members',
    { summary: 'Add somebody to your team', status: 204, deps: { member: newMember, team: getTeam, db: getDatabase } },
    async ({ member, team, db }) => {
      await db.execute(
        sql`update users set team_id = ${Number(team)} where id = ${member.user_id} and team_id is null`,
      );
    },
  );
}

function addNotes(app: Covet): void {
  const list = sql.type(Note)`select id, author_id, text, created_at from notes order by id desc limit 100`;

  app.get(
    '/api/team/notes',
    { summary: "Read your team's notes", response: z.array(Note), deps: { db: getTeamDatabase, cache: getCache } },
    // No `where team = …`: the policy is one. The key of what is kept has the team in it by itself.
    ({ db, cache }) => cachedQuery<typeof list, Note>(cache, db, list, { database: 'main', ttl: 60, tags: ['notes'] }),
  );

  app.post(
    '/api/team/notes',
    {
      summary: 'Write a note for your team',
      body: z.object({ text: z.string().min(1).max(2000) }),
      response: { 201: Note },
      deps: { tx: getTeamTransaction, user: getCurrentUserAlone, cache: getCache },
    },
    async ({ body, tx, user, cache }) => {
      const row = { author_id: user.id, text: body.text };
      const note = await tx.one(
        sql.type(Note)`insert into notes ${sql.values(row)} returning id, author_id, text, created_at`,
      );
      tx.afterCommit(() => cache.deleteByTag('notes'));
      return reply(201, note);
    },
  );
}
