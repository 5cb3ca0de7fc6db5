import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether a program of Debian's packages is on the PATH; where it is not, one line says what was left out and how to
 * have it. For `describe.runIf`.
 */
export function needProgram(program: string, aptPackage: string): boolean {
  const found = (process.env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, program)));
  if (!found) console.log(`left out: no ${program} here (apt-get install ${aptPackage})`);
  return found;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
