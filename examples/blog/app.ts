/** The application, put together but not yet listening. */
import { Covet, type CovetOptions } from 'covet';

import { AdminController } from './admin/admin-controller.ts';
import { TokensController } from './auth/tokens-controller.ts';
import { getDatabase } from './database/database.ts';
import { migrate, readMigrations } from './database/migrate.ts';
import { Log } from './log.ts';
import { addPosts } from './posts/post-routes.ts';
import { UsersController } from './users/users-controller.ts';

export function createApp(options: CovetOptions = {}): Covet {
  const app = new Covet(options);
  app.provide(Log, app.log);
  app.register(UsersController, TokensController, AdminController);
  addPosts(app);
  app.onStart(async () => {
    const applied = await migrate(await app.resolve(getDatabase), await readMigrations());
    if (applied.length > 0) app.log.info({ applied }, 'Migrated the database');
  });
  return app;
}
