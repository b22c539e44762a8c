/** The application, put together but not yet listening. */
import { Covet, type CovetOptions } from 'covet';
import { migrate } from 'covet/data';

import { AdminController } from './admin/admin-controller.ts';
import { addSessions } from './auth/sessions.ts';
import { TokensController } from './auth/tokens-controller.ts';
import { getDatabase } from './database.ts';
import { addHealth } from './health.ts';
import { getQueue } from './jobs.ts';
import { addPosts } from './posts/post-routes.ts';
import { addStats } from './stats.ts';
import { addTeams } from './teams/team-routes.ts';
import { UsersController } from './users/users-controller.ts';

export function createApp(options: CovetOptions = {}): Covet {
  const app = new Covet(options);
  app.register(UsersController, TokensController, AdminController);
  addPosts(app);
  addTeams(app);
  addSessions(app);
  addStats(app);
  addHealth(app);
  app.onStart(async () => {
    const applied = await migrate(await app.resolve(getDatabase), new URL('migrations/', import.meta.url));
    if (applied.length > 0) app.log.info({ applied }, 'Migrated the database');
    // Jobs are done from now on, not from the first that is added.
    await app.resolve(getQueue);
  });
  return app;
}
