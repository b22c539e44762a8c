/** The application's log, for whatever the container makes. */
import { token, type Covet } from 'covet';

export type Log = Covet['log'];
export const Log = token<Log>('Log');
