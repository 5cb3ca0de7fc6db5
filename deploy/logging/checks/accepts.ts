import type { Mapping } from '../elasticsearch/index-template.ts';

/**
 * What Elasticsearch would refuse of a document, under strict mappings: fields that nobody mapped, and values of another
 * type. Empty when it would take it.
 */
export function refusals(document: unknown, mapping: Mapping, at = ''): string[] {
  if (Array.isArray(document)) return document.flatMap((value) => refusals(value, mapping, at));
  if (document === null || document === undefined) return [];
  const { properties, type } = mapping;
  if (properties) {
    if (typeof document !== 'object') return [`${at}: not an object`];
    return Object.entries(document).flatMap(([name, value]) => {
      const inner = properties[name];
      const path = at === '' ? name : `${at}.${name}`;
      return inner ? refusals(value, inner, path) : [`${path}: not mapped`];
    });
  }
  return takes(document, type) ? [] : [`${at}: ${JSON.stringify(document)} is no ${type}`];
}

function takes(value: unknown, type: Mapping['type']): boolean {
  switch (type) {
    case 'keyword':
    case 'text':
      return typeof value === 'string';
    case 'integer':
      return Number.isInteger(value);
    case 'float':
      return typeof value === 'number' && Number.isFinite(value);
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
    case undefined:
      return false;
    default:
      return type satisfies never;
  }
}
