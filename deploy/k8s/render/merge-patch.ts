import { isObject, type Json, type JsonObject } from './manifest.ts';

/** By which field Kubernetes tells the items of a list apart when it merges two. Two other lists are refused. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
};

/**
 * A strategic merge patch: objects are merged, null removes, lists are merged by their key. Items of the
 * patch come first, as Kustomize puts them.
 */
export function mergePatch(into: Json | undefined, patch: Json, field = ''): Json {
  if (Array.isArray(patch)) return mergeList(Array.isArray(into) ? into : [], patch, field);
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(into) ? { ...into } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) throw new Error(`${key} is not understood inside an object`);
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value, key);
  }
  return merged;
}

function mergeList(into: readonly Json[], patch: readonly Json[], field: string): Json[] {
  const mergeKey = MERGE_KEYS[field];
  if (mergeKey === undefined) {
    if (into.length === 0) return [...patch];
    throw new Error(`how the list ${field} is merged is not known here`);
  }
  const keyOf = (item: Json) => (isObject(item) ? item[mergeKey] : undefined);
  const first = patch.map((item) =>
    mergePatch(
      into.find((other) => keyOf(other) === keyOf(item)),
      item,
    ),
  );
  const rest = into.filter((item) => !patch.some((other) => keyOf(other) === keyOf(item)));
  return [...first, ...rest];
}
