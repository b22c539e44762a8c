/** What `import … from 'covet/data'` can name: PostgreSQL, by a server or in this process. */
export { sql } from './sql-tag.ts';
export type { ColumnValues, SqlTag } from './sql-tag.ts';
export { Sql } from './sql.ts';
export type { TypedSqlTag } from './sql.ts';
export { JsonValue } from './encode-value.ts';
export { Database } from './database.ts';
export { openDatabase } from './open-database.ts';
export type { DatabaseOptions } from './open-database.ts';
export type { PoolOptions, TlsOptions } from './pool-options.ts';
export { database, tx } from './database-dependency.ts';
export type { TxOptions } from './database-dependency.ts';
export { Queryable } from './queryable.ts';
export type { QueryOptions, QueryResult, StreamOptions } from './queryable.ts';
export type { Limits } from './interrupt.ts';
export { Transaction } from './transaction.ts';
export type { BeginOptions, IsolationLevel, RetryOptions, TransactionOptions } from './transaction-options.ts';
export { DatabaseError } from './database-error.ts';
export type { DatabaseErrorCode, DatabaseErrorOptions } from './database-error.ts';
export { migrate, migrationStatus } from './migrate.ts';
export type { MigrateOptions, MigrationState } from './migrate.ts';
export { migrationCommand } from './migration-command.ts';
export type { MigrationCommandOptions } from './migration-command.ts';
export { newMigration } from './read-migrations.ts';
export { paginate } from './paginate.ts';
export type { Page, PaginateOptions } from './paginate.ts';
export { paginateByKey } from './paginate-by-key.ts';
export type { KeysetOptions, KeysetPage } from './paginate-by-key.ts';
export type { OrderColumn, PageOrder } from './page-order.ts';
export { checkRules, checkedBody, exists, unique } from './database-rules.ts';
export type { DatabaseRule, DatabaseRules, RuleOptions } from './database-rules.ts';
export { currentTenant, tenant } from './tenant.ts';
export type { TenantOptions } from './tenant.ts';
export { tenantDatabase } from './tenant-database.ts';
export type { DatabaseTenancy, RowTenancy, SchemaTenancy, TenantDatabaseOptions } from './tenant-database.ts';
export type { TenantOpener } from './tenant-pools.ts';
export { Tenants, tenants } from './tenants.ts';
export { AuditLog, auditLog } from './audit-log.ts';
export type {
  AuditEntry,
  AuditFilter,
  AuditLogOptions,
  AuditRequest,
  AuditTableOptions,
  AuditTarget,
  NewAuditEntry,
} from './audit-log.ts';
export { notDeleted, restoreDeleted, softDelete } from './soft-delete.ts';
export type { SoftDeleteOptions } from './soft-delete.ts';
