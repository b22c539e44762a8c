/** Who is asking. */
import { Depends, Header } from 'covet';

import { getSession } from '../database/session.ts';
import { authenticate } from './authenticate.ts';

/** The user whose token the request carries; 401 without one. */
export const getCurrentUser = Depends(
  { authorization: Header('authorization'), session: getSession },
  ({ authorization, session }) => authenticate(session, authorization),
);
