/** A job: the mail to somebody who has signed up. */
import { notDeleted, sql } from 'covet/data';
import { defineJob } from 'covet/jobs';
import { z } from 'zod';

import { getDatabase } from '../database.ts';
import { getMailer } from '../mailer.ts';
import { User, UserId } from './user.ts';

export const SendWelcome = defineJob(
  'send-welcome',
  // The id, not the address: a job may be done late, and shall find what is true then.
  { payload: z.object({ user_id: UserId }), deps: { db: getDatabase, mailer: getMailer }, attempts: 5 },
  async ({ payload, db, mailer }) => {
    const user = await db.maybeOne(
      sql.type(User)`select * from users where id = ${payload.user_id} and ${notDeleted()}`,
    );
    if (user === undefined) return;
    await mailer.send({ to: user.email, subject: `Welcome, ${user.username}`, text: 'Write your first post.' });
  },
);
