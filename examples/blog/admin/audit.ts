/** Who did what. An entry is written in the transaction of what it tells of: there is both, or neither. */
import { auditLog } from 'covet/data';

export const audit = auditLog({ table: 'audit_log' });
