import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const literals = z.array(z.string().regex(/^[\w.-]+=/));

const generator = z.strictObject({
  name: z.string(),
  namespace: z.string(),
  behavior: z.enum(['create', 'merge']).default('create'),
  literals,
});

const target = z.strictObject({ kind: z.string(), name: z.string() });

const shape = z.strictObject({
  apiVersion: z.enum(['kustomize.config.k8s.io/v1beta1', 'kustomize.config.k8s.io/v1alpha1']),
  kind: z.enum(['Kustomization', 'Component']),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  configMapGenerator: z.array(generator).default([]),
  secretGenerator: z.array(generator).default([]),
  patches: z
    .array(
      z
        .strictObject({
          path: z.string().optional(),
          patch: z.string().optional(),
          target: target.optional(),
        })
        .refine((patch) => (patch.path === undefined) !== (patch.patch === undefined), 'path or patch'),
    )
    .default([]),
  images: z
    .array(
      z.strictObject({ name: z.string(), newName: z.string().optional(), newTag: z.string().optional() }),
    )
    .default([]),
});

/** As much of a kustomization file as ours use. Anything else is refused, so that nothing is rendered half. */
export type Kustomization = z.output<typeof shape>;

export async function readKustomization(folder: string): Promise<Kustomization> {
  const file = path.join(folder, 'kustomization.yaml');
  const read = shape.safeParse(parse(await readFile(file, 'utf8')));
  if (!read.success) throw new Error(`${file}: ${z.prettifyError(read.error)}`);
  return read.data;
}
