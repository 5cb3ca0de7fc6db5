import type { Json, Manifest } from '../render/manifest.ts';
import { MODELS } from './models.ts';

/**
 * What the published model of an object says against it; none when it says nothing. The models take fields that they do
 * not know, which a typing error makes: so whatever the model never looked at is a problem too.
 */
export function modelProblems(manifest: Manifest): string[] {
  const Model = MODELS.get(`${manifest.apiVersion} ${manifest.kind}`);
  if (!Model) return [`no model of ${manifest.apiVersion} ${manifest.kind}`];
  const fields = new Set<string>();
  const seen = new Set<string>();
  const watched = Object.fromEntries(
    Object.entries(manifest).map(([key, value]) => [key, watch(value, `/${key}`, fields, seen)]),
  );
  for (const key of Object.keys(manifest)) fields.add(`/${key}`);
  const model = new Model();
  // Not by its constructor, which would read everything.
  for (const key of Object.keys(manifest)) {
    Object.defineProperty(model, key, {
      enumerable: true,
      get() {
        seen.add(`/${key}`);
        return watched[key];
      },
    });
  }
  const problems: string[] = [];
  try {
    model.validate();
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  const unknown = [...fields].filter((field) => !seen.has(field));
  return [...problems, ...unknown.map((field) => `${field} is not a field that Kubernetes knows`)];
}

/** The same value, which notes in `seen` every field that is read. */
function watch(value: Json, at: string, fields: Set<string>, seen: Set<string>): Json {
  if (Array.isArray(value)) return value.map((item, i) => watch(item, `${at}/${i}`, fields, seen));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    fields.add(`${at}/${key}`);
    return [key, watch(inner, `${at}/${key}`, fields, seen)] as const;
  });
  return new Proxy(Object.fromEntries(entries), {
    get(target, key) {
      if (typeof key === 'string') seen.add(`${at}/${key}`);
      return Reflect.get(target, key);
    },
  });
}
