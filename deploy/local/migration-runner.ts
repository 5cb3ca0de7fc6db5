import { appliedMigrations, migrate } from './migrate.ts';
import { type Migration, pendingMigrations } from './migrations.ts';

export interface MigrationRunner {
  /** When each applied migration was made; empty for an empty database. */
  applied(): Promise<number[]>;
  /** Brings the database up to this migration. What is applied already is left alone. */
  upTo(last: Migration): Promise<void>;
}

/** Over Postgres's own protocol, and not through a pooler: migrating holds a lock that belongs to its connection. */
export function migrationRunner(databaseUrl: string, folder: string): MigrationRunner {
  const url = directConnection(databaseUrl);
  return {
    applied: () => appliedMigrations(url),
    async upTo(last) {
      await migrate(url, folder, (all, applied) =>
        pendingMigrations(all, applied).filter(({ when }) => when <= last.when),
      );
    },
  };
}

/** Neon's pooled hosts are ep-NAME-pooler.…; without that it is the same database, directly. */
export function directConnection(databaseUrl: string): string {
  return databaseUrl.replace(/(@[^./]+)-pooler\./, '$1.');
}
