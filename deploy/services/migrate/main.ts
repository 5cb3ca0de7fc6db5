import { runOnce } from '../program/run-service.ts';
import { readMigrateConfig, readStep } from './config.ts';
import { contract, expand } from './run-migrations.ts';

const STEPS = { expand, contract };

/** Runs the image's migrations, those that expand or those that contract, and ends. Several at once do it once. */
await runOnce({
  role: 'migrate',
  readConfig: (env) => ({ ...readMigrateConfig(env), step: readStep(process.argv.slice(3)) }),
  run: ({ DATABASE_URL, step }, log) => STEPS[step](DATABASE_URL, log),
});
