/** Who is asking. */
import { Depends, Header } from 'covet';

import { getDatabase, getTransaction } from '../database.ts';
import { authenticate } from './authenticate.ts';

/** The user whose token the request carries; 401 without one. */
export const getCurrentUser = Depends(
  { authorization: Header('authorization'), tx: getTransaction },
  ({ authorization, tx }) => authenticate(tx, authorization),
);

/** The same, asked outside of the request's transaction: for what needs none, or has one of its own. */
export const getCurrentUserAlone = Depends(
  { authorization: Header('authorization'), db: getDatabase },
  ({ authorization, db }) => authenticate(db, authorization),
);
