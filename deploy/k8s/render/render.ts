import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { jsonPatch } from './json-patch.ts';
import { type Kustomization, readKustomization } from './kustomization.ts';
import { idOf, isObject, type Json, type Manifest, readManifests } from './manifest.ts';
import { mergePatch } from './merge-patch.ts';
import { nameSuffix, withNewNames } from './name-suffix.ts';

/** While it is put together: generated data still has its plain name. */
interface Accumulated {
  manifests: Manifest[];
  /** `Kind/name` of what generators made. */
  generated: Set<string>;
}

/**
 * What `kubectl kustomize FOLDER` prints, in another order: the part of Kustomize that our files use, so that they can be
 * checked where no kubectl is. A test compares the two where there is one.
 */
export async function render(folder: string): Promise<Manifest[]> {
  const { manifests, generated } = await accumulate(folder, { manifests: [], generated: new Set() });
  const names = new Map(
    manifests
      .filter((manifest) => generated.has(idOf(manifest)))
      .map((manifest) => [idOf(manifest), `${manifest.metadata.name}-${nameSuffix(manifest)}`]),
  );
  return manifests.map((manifest) => {
    const name = names.get(idOf(manifest)) ?? manifest.metadata.name;
    return withNewNames({ ...manifest, metadata: { ...manifest.metadata, name } }, names);
  });
}

/** A component goes on with what its user has so far; anything else begins with nothing and is added whole. */
async function accumulate(folder: string, before: Accumulated): Promise<Accumulated> {
  const kustomization = await readKustomization(folder);
  let now = before;
  for (const resource of kustomization.resources) {
    now = added(now, await load(path.join(folder, resource)));
  }
  // Before components: what those set stands.
  now = generate(now, kustomization);
  for (const component of kustomization.components) {
    now = await accumulate(path.join(folder, component), now);
  }
  let { manifests } = now;
  for (const { path: file, patch, target } of kustomization.patches) {
    const text = patch ?? (await readFile(path.join(folder, file ?? ''), 'utf8'));
    manifests = patched(manifests, parse(text), target);
  }
  manifests = manifests.map((manifest) => withImages(manifest, kustomization));
  return { manifests, generated: now.generated };
}

async function load(resource: string): Promise<Accumulated> {
  const empty = { manifests: [], generated: new Set<string>() };
  if ((await stat(resource)).isDirectory()) return await accumulate(resource, empty);
  return { ...empty, manifests: readManifests(await readFile(resource, 'utf8')) };
}

function added(now: Accumulated, more: Accumulated): Accumulated {
  const known = new Set(now.manifests.map(idOf));
  const twice = more.manifests.find((manifest) => known.has(idOf(manifest)));
  if (twice) throw new Error(`${idOf(twice)} is there twice`);
  return {
    manifests: [...now.manifests, ...more.manifests],
    generated: new Set([...now.generated, ...more.generated]),
  };
}

function generate(now: Accumulated, { configMapGenerator, secretGenerator }: Kustomization): Accumulated {
  const manifests = [...now.manifests];
  const generated = new Set(now.generated);
  const all = [
    ...configMapGenerator.map((generator) => ({ kind: 'ConfigMap', ...generator })),
    ...secretGenerator.map((generator) => ({ kind: 'Secret', ...generator })),
  ];
  for (const { kind, name, namespace, behavior, literals } of all) {
    const data = Object.fromEntries(literals.map((literal) => literalOf(kind, literal)));
    const at = manifests.findIndex((manifest) => idOf(manifest) === `${kind}/${name}`);
    const there = manifests[at];
    if ((there === undefined) !== (behavior === 'create')) throw new Error(`${behavior} of ${kind}/${name}`);
    if (there && isObject(there.data)) manifests[at] = { ...there, data: { ...there.data, ...data } };
    else manifests.push({ apiVersion: 'v1', kind, metadata: { name, namespace }, data, ...typeOf(kind) });
    generated.add(`${kind}/${name}`);
  }
  return { manifests, generated };
}

function literalOf(kind: string, literal: string): [string, string] {
  const at = literal.indexOf('=');
  const value = literal.slice(at + 1);
  return [literal.slice(0, at), kind === 'Secret' ? inLines(Buffer.from(value).toString('base64')) : value];
}

/** Kustomize breaks long values, and takes their hash so. */
function inLines(base64: string): string {
  const lines = base64.match(/.{1,70}/g) ?? [];
  return lines.length > 1 ? lines.map((line) => `${line}\n`).join('') : base64;
}

function typeOf(kind: string): { type?: string } {
  return kind === 'Secret' ? { type: 'Opaque' } : {};
}

function patched(
  manifests: readonly Manifest[],
  patch: Json,
  target: { kind: string; name: string } | undefined,
): Manifest[] {
  const wanted = target ?? targetOf(patch);
  const name = new RegExp(`^(?:${wanted.name})$`);
  const matches = (manifest: Manifest) =>
    manifest.kind === wanted.kind &&
    (target ? name.test(manifest.metadata.name) : manifest.metadata.name === wanted.name);
  if (!manifests.some(matches))
    throw new Error(`a patch for ${wanted.kind}/${wanted.name}, which is not there`);
  return manifests.flatMap((manifest) => {
    if (!matches(manifest)) return [manifest];
    if (Array.isArray(patch)) return [jsonPatch(manifest, patch)];
    if (isObject(patch) && patch.$patch === 'delete') return [];
    const merged = mergePatch(manifest, patch);
    return isObject(merged)
      ? [{ ...manifest, ...merged, metadata: { ...manifest.metadata, ...metadataOf(merged) } }]
      : [];
  });
}

function targetOf(patch: Json): { kind: string; name: string } {
  const { kind, metadata } = isObject(patch) ? patch : {};
  const name = isObject(metadata) ? metadata.name : undefined;
  if (typeof kind !== 'string' || typeof name !== 'string') throw new Error('a patch without a target');
  return { kind, name };
}

function metadataOf(merged: Json): object {
  return isObject(merged) && isObject(merged.metadata) ? merged.metadata : {};
}

function withImages(manifest: Manifest, { images }: Kustomization): Manifest {
  if (images.length === 0 || manifest.spec === undefined) return manifest;
  const named = (text: string) => {
    const image = images.find(({ name }) => text === name || text.startsWith(`${name}:`));
    if (!image) return text;
    const tag = image.newTag ?? text.slice(image.name.length + 1);
    return `${image.newName ?? image.name}${tag ? `:${tag}` : ''}`;
  };
  const walk = (value: Json, key: string): Json => {
    if (Array.isArray(value)) return value.map((item) => walk(item, ''));
    if (isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, walk(item, inner)]));
    }
    return key === 'image' && typeof value === 'string' ? named(value) : value;
  };
  return { ...manifest, spec: walk(manifest.spec, '') };
}
