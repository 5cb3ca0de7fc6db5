import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const bomSchema = z.object({
  bomFormat: z.string(),
  specVersion: z.string(),
  components: z.array(z.object({ name: z.string(), purl: z.string().optional() })),
});

/** The bill of materials that an image carries. */
export async function readBom(root: string, file: string): Promise<z.infer<typeof bomSchema>> {
  return bomSchema.parse(JSON.parse(await readFile(path.join(root, file), 'utf8')));
}
