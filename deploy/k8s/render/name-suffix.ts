import { createHash } from 'node:crypto';
import { isObject, type Json, type Manifest } from './manifest.ts';

/** Digits and vowels that could make words are replaced, as Kustomize does. */
const REPLACED: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

/** What Kustomize puts behind the name of generated data, so that pods are replaced when it changes. */
export function nameSuffix({ kind, data = {}, type = '' }: Manifest): string {
  const fields = { kind, name: '', data, ...(kind === 'Secret' ? { type } : {}) };
  const digest = createHash('sha256').update(goJson(fields)).digest('hex').slice(0, 10);
  return digest.replace(/[013ae]/g, (letter) => REPLACED[letter] ?? letter);
}

/** Keys in order, and the escapes of Go. */
function goJson(value: Json): string {
  const text = JSON.stringify(value, (_, inner) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
  return text.replace(/[<>&]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
}

/** Fields that name a ConfigMap or a Secret inside a pod. */
const REFERENCES: Readonly<Record<string, string>> = {
  configMapKeyRef: 'ConfigMap',
  configMapRef: 'ConfigMap',
  configMap: 'ConfigMap',
  secretKeyRef: 'Secret',
  secretRef: 'Secret',
};

/** The same with references to generated data under its new name. `names` is by `Kind/name`. */
export function withNewNames<T extends Json>(value: T, names: ReadonlyMap<string, string>): T;
export function withNewNames(value: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((item) => withNewNames(item, names));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const renamed = withNewNames(inner, names);
      const kind = REFERENCES[key];
      if (kind === undefined || !isObject(renamed)) return [key, renamed];
      const name = names.get(`${kind}/${String(renamed.name)}`);
      return [key, name === undefined ? renamed : { ...renamed, name }];
    }),
  );
}
