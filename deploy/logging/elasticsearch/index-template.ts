import { LOG_FIELDS, type LogFieldType } from '@millrace/shared/log/log-fields.ts';

/** What a field of the index takes. */
export interface Mapping {
  type?: 'date' | 'keyword' | 'text' | 'integer' | 'float';
  index?: boolean;
  ignore_above?: number;
  fields?: Record<string, Mapping>;
  dynamic?: 'strict';
  properties?: Record<string, Mapping>;
}

/** Longer values are kept, and not found. */
const KEYWORD: Mapping = { type: 'keyword', ignore_above: 1024 };

/** What the collector adds of the container: see shape.lua. */
const KUBERNETES: Mapping = {
  dynamic: 'strict',
  properties: { namespace: KEYWORD, pod: KEYWORD, container: KEYWORD, node: KEYWORD },
};

/** As `describeError` writes them. */
const ERROR: Mapping = {
  dynamic: 'strict',
  properties: {
    type: KEYWORD,
    message: { type: 'text' },
    code: KEYWORD,
    stack: { type: 'text', index: false },
    causes: { type: 'text' },
  },
};

/** A data stream that takes the fields of Millrace's logs and no others. */
export function indexTemplate() {
  return {
    index_patterns: ['millrace-logs'],
    data_stream: {},
    priority: 500,
    _meta: { description: 'Logs of Millrace. Written by deploy/logging/generate.ts.' },
    template: {
      settings: {
        'index.lifecycle.name': 'millrace-logs',
        'index.number_of_shards': 1,
        // None where there is one node.
        'index.auto_expand_replicas': '0-1',
        'index.codec': 'best_compression',
        'index.sort.field': ['@timestamp'],
        'index.sort.order': ['desc'],
      },
      mappings: {
        dynamic: 'strict' as const,
        properties: { '@timestamp': { type: 'date' }, ...ownFields(), kubernetes: KUBERNETES } as Record<
          string,
          Mapping
        >,
      },
    },
  };
}

function ownFields(): Record<string, Mapping> {
  return Object.fromEntries(Object.entries(LOG_FIELDS).map(([name, { type }]) => [name, mappingOf(type)]));
}

function mappingOf(type: LogFieldType): Mapping {
  switch (type) {
    case 'date':
    case 'integer':
    case 'float':
      return { type };
    case 'keyword':
      return KEYWORD;
    case 'text':
      return { type, fields: { keyword: { type: 'keyword', ignore_above: 256 } } };
    case 'error':
      return ERROR;
    default:
      return type satisfies never;
  }
}
