import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * A stand-in for a program that first notes when it was started, and how, and then becomes that program. Each line of
 * `stamps` is `milliseconds program arguments`.
 */
export async function stampedProgram(folder: string, program: string, stamps: string): Promise<string> {
  const file = path.join(folder, `stamped-${program}`);
  const script = `#!/bin/sh\necho "$(date +%s%3N) ${program} $*" >> '${stamps}'\nexec ${program} "$@"\n`;
  await writeFile(file, script, { mode: 0o755 });
  return file;
}
