import { z } from 'zod';
import { openapiDocument } from '../rest/openapi-document.ts';
import { createRest } from '../rest/rest.ts';

const schema = z.record(z.string(), z.unknown());
export type Schema = z.infer<typeof schema>;

const content = z.record(z.string(), z.looseObject({ schema }));
const parameter = z.looseObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().default(false),
  schema,
});
export type Parameter = z.infer<typeof parameter>;

const response = z.looseObject({
  description: z.string(),
  content: content.optional(),
  headers: z.record(z.string(), z.looseObject({ required: z.boolean().optional(), schema })).optional(),
});
export type DocumentedResponse = z.infer<typeof response>;

const operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(parameter).default([]),
  requestBody: z.looseObject({ required: z.boolean().default(false), content }).optional(),
  responses: z.record(z.string(), response),
  security: z.array(z.unknown()).optional(),
});

const document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), schema) }),
});

/** One operation of the document. */
export interface Operation {
  id: string;
  /** In capitals. */
  method: string;
  /** With its parameters in braces. */
  path: string;
  parameters: Parameter[];
  /** The schema of its JSON body; null when it takes none. */
  body: { schema: Schema; required: boolean } | null;
  responses: Record<string, DocumentedResponse>;
  needsKey: boolean;
}

/** The OpenAPI document that the code generates, as a client would read it. */
export const described = document.parse(openapiDocument(createRest()));

export const operations: Operation[] = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, found]) => {
    const body = found.requestBody?.content['application/json'];
    return {
      id: found.operationId,
      method: method.toUpperCase(),
      path,
      parameters: found.parameters,
      body: body ? { schema: body.schema, required: found.requestBody?.required ?? false } : null,
      responses: found.responses,
      needsKey: found.security?.length !== 0,
    };
  }),
);

/** The operation of a name. */
export function operationOf(id: string): Operation {
  const found = operations.find((operation) => operation.id === id);
  if (!found) throw new Error(`the document has no operation ${id}`);
  return found;
}

/** Statuses without a problem, as text, and the codes of all problems that an operation documents. */
export function outcomesOf({ responses }: Operation): string[] {
  return Object.entries(responses).flatMap(([status, { description }]) => {
    const codes = codesIn(description);
    return codes.length > 0 ? codes : [status];
  });
}

/** The codes that a description names. */
export function codesIn(description: string): string[] {
  return Array.from(description.matchAll(/`([a-z_]+)`:/g), ([, code]) => code ?? '');
}

/** The path of an operation with these parameters in it. */
export function fillPath(
  { path }: Operation,
  params: Record<string, string>,
  query: Record<string, string>,
): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`a case of ${path} gives no ${name}`);
    return encodeURIComponent(value).replaceAll('%2F', '/');
  });
  const search = new URLSearchParams(query).toString();
  return search === '' ? filled : `${filled}?${search}`;
}
