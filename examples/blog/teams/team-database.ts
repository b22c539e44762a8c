/** A team's notes are its own: the database shows each request those of the user's team and no others. */
import { Depends } from 'covet';
import { tenant, tenantDatabase, tx } from 'covet/data';

import { getCurrentUserAlone } from '../auth/current-user.ts';
import { getDatabase } from '../database.ts';

/** By who is asking, never by what is asked for. */
const claim = Depends({ user: getCurrentUserAlone }, ({ user }) =>
  user.team_id === null ? undefined : String(user.team_id),
);

export const getTeam = tenant({ claim });

/** Under `blog_team`, for which the policies of migrations/005-teams.sql hold. */
export const getTeamDatabase = tenantDatabase({
  strategy: 'row',
  tenant: getTeam,
  database: getDatabase,
  role: 'blog_team',
});

export const getTeamTransaction = tx(getTeamDatabase);
