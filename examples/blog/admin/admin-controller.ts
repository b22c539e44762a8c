/** The admin area: one prefix and one guard for all of it. */
import { BusinessRuleError, HttpError, controller, inject, type In } from 'covet';

import { AdminAuth } from './admin-auth.ts';
import { AuditLog } from './audit-log.ts';
import { DeleteUser, ListAuditLog, ListManagedUsers } from './contracts.ts';

@controller('/api/v1/admin', { middleware: [AdminAuth] })
export class AdminController {
  readonly #audit = inject(AuditLog);

  @ListManagedUsers
  async listUsers({ query, session, users, admin }: In<typeof ListManagedUsers>) {
    await this.#audit.record(session, { admin_id: admin.id, action: 'list_users', details: { filters: query } });
    return users.list(query, query);
  }

  @DeleteUser
  async deleteUser({ params, session, users, admin }: In<typeof DeleteUser>) {
    if (params.user_id === admin.id) throw new BusinessRuleError('You cannot delete yourself', 'no_self_delete');
    const user = await users.delete(params.user_id);
    if (user === undefined) throw new HttpError(404, 'User not found');
    const details = { target_user_id: user.id, target_username: user.username };
    await this.#audit.record(session, { admin_id: admin.id, action: 'delete_user', details });
    return { message: 'User deleted successfully' };
  }

  @ListAuditLog
  auditLog({ query, session }: In<typeof ListAuditLog>) {
    return this.#audit.list(session, query);
  }
}
