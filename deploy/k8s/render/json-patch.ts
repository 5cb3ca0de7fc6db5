import { z } from 'zod';
import { isObject, type Json, type Manifest } from './manifest.ts';

const operations = z.array(
  z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('remove'), path: z.string() }),
    z.strictObject({ op: z.enum(['add', 'replace']), path: z.string(), value: z.json() }),
  ]),
);

/** RFC 6902, as far as ours use it. What is removed or replaced must be there. */
export function jsonPatch(manifest: Manifest, patch: unknown): Manifest {
  const patched = structuredClone(manifest);
  for (const operation of operations.parse(patch)) {
    const steps = operation.path.split('/').slice(1).map(unescaped);
    const last = steps.pop();
    if (last === undefined) throw new Error('a patch of the whole object');
    const parent = steps.reduce<Json | undefined>(child, patched);
    const here = child(parent, last);
    if (operation.op !== 'add' && here === undefined) throw new Error(`nothing at ${operation.path}`);
    if (Array.isArray(parent)) {
      const at = last === '-' ? parent.length : Number(last);
      if (operation.op === 'remove') parent.splice(at, 1);
      else parent.splice(at, operation.op === 'add' ? 0 : 1, operation.value);
    } else if (isObject(parent)) {
      if (operation.op === 'remove') delete parent[last];
      else parent[last] = operation.value;
    } else {
      throw new Error(`nothing at ${operation.path}`);
    }
  }
  return patched;
}

function child(parent: Json | undefined, step: string): Json | undefined {
  if (Array.isArray(parent)) return parent[Number(step)];
  return isObject(parent) ? parent[step] : undefined;
}

/** RFC 6901: `~1` is a slash, `~0` a tilde. */
function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
