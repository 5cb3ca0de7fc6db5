import { createRequire } from 'node:module';
import { z } from 'zod';

/** Where the package keeps the program for this machine. Its own `bin` starts a second Node around it. */
export function workerdProgram(): string {
  const require = createRequire(import.meta.url);
  return z.object({ default: z.string() }).parse(require('workerd')).default;
}
