/** The admin area: one prefix and one guard for all of it. */
import { BusinessRuleError, HttpError, controller, type In } from 'covet';

import { AdminAuth } from './admin-auth.ts';
import { audit } from './audit.ts';
import { DeleteUser, ListAuditLog, ListManagedUsers } from './contracts.ts';

@controller('/api/v1/admin', { middleware: [AdminAuth] })
export class AdminController {
  @ListManagedUsers
  async listUsers({ query, tx, users, admin, req }: In<typeof ListManagedUsers>) {
    await audit.add(tx, { actor: admin.id, action: 'user.list', details: { filters: query }, request: req });
    return users.list(query, query);
  }

  @DeleteUser
  async deleteUser({ params, tx, users, posts, admin, req }: In<typeof DeleteUser>) {
    if (params.user_id === admin.id) throw new BusinessRuleError('You cannot delete yourself', 'no_self_delete');
    const before = await users.find(params.user_id);
    if (before === undefined || !(await users.delete(before.id))) throw new HttpError(404, 'User not found');
    // Of the row, what looks like a secret is hidden.
    const target = { type: 'user', id: before.id };
    await audit.add(tx, { actor: admin.id, action: 'user.delete', target, before, request: req });
    tx.afterCommit(() => posts.forgetAllOf(before.id));
    return { message: 'User deleted successfully' };
  }

  @ListAuditLog
  async auditLog({ query, tx }: In<typeof ListAuditLog>) {
    const { page, per_page: perPage, action } = query;
    const found = await audit.list(tx, { action }, { page, perPage });
    return { ...found, items: found.items.map((entry) => Object.assign(entry, { id: Number(entry.id) })) };
  }
}
