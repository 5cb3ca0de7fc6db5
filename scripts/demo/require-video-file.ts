import { access, constants, stat } from 'node:fs/promises';
import { UsageError } from '../foreground/usage-error.ts';

/** The size of the file in bytes. Throws a `UsageError` when it cannot be uploaded. */
export async function requireVideoFile(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new UsageError(`There is no file ${file}.`);
  if (!found.isFile()) throw new UsageError(`${file} is not a file.`);
  if (found.size === 0) throw new UsageError(`${file} is empty.`);
  const isReadable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!isReadable) throw new UsageError(`${file} cannot be read.`);
  return found.size;
}
