import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { interpolate, type Variables } from './interpolate.ts';

const folder = path.resolve(import.meta.dirname, '..');
export const composeFile = path.join(folder, 'compose.yaml');
export const templateFile = path.join(folder, 'env.template');

const dependency = z.object({
  condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']),
  /** `false`: where the other is left out, by a profile, it is not waited for. */
  required: z.boolean().default(true),
});

const service = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  profiles: z.array(z.string()).default([]),
  restart: z.string(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), dependency).default({}),
  healthcheck: z
    .union([z.object({ disable: z.literal(true) }), z.looseObject({ test: z.array(z.string()) })])
    .optional(),
  deploy: z.object({
    replicas: z.number().optional(),
    resources: z.object({
      limits: z.object({ cpus: z.string(), memory: z.string(), pids: z.number() }),
    }),
  }),
  logging: z.object({ driver: z.string(), options: z.record(z.string(), z.string()) }),
});
export type ComposeService = z.output<typeof service>;

const project = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.object({})),
  secrets: z.record(z.string(), z.object({ environment: z.string() })),
});
export type ComposeProject = z.output<typeof project>;

/** The variables of env.template, by name. */
export async function templateVariables(): Promise<Variables> {
  return z.record(z.string(), z.string()).parse(parseEnv(await readFile(templateFile, 'utf8')));
}

/** The file as it stands, with its merges resolved and nothing else. */
export async function composeDocument(): Promise<unknown> {
  return parse(await readFile(composeFile, 'utf8'), { merge: true });
}

/** What Compose would start with these variables. */
export async function composeProject(variables: Variables): Promise<ComposeProject> {
  return project.parse(interpolate(await composeDocument(), variables));
}
