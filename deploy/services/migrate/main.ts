import { migrate } from '@millrace/local/migrate.ts';
import { runOnce } from '../program/run-service.ts';
import { readMigrateConfig } from './config.ts';

/** Brings the database up to the image's migrations, and ends. Several at once do it once. */
await runOnce({
  role: 'migrate',
  readConfig: readMigrateConfig,
  run: ({ DATABASE_URL }) => migrate(DATABASE_URL),
});
