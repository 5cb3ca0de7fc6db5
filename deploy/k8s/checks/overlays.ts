import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Manifest } from '../render/manifest.ts';
import { render } from '../render/render.ts';

const folder = path.join(import.meta.dirname, '../overlays');

/** Every folder of `overlays`. */
export const overlayNames = readdirSync(folder).sort();

export function overlayFolder(name: string): string {
  return path.join(folder, name);
}

/** Every overlay as it would be applied, by its name. */
export async function renderOverlays(): Promise<ReadonlyMap<string, readonly Manifest[]>> {
  const rendered = overlayNames.map(async (name) => [name, await render(overlayFolder(name))] as const);
  return new Map(await Promise.all(rendered));
}
