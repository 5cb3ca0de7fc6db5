import { z } from 'zod';

/* Cloudflare's answers, as far as they are read. Fields that the reference calls optional are optional here. */

export const consumer = z.object({
  consumer_id: z.string().default(''),
  type: z.string().default(''),
  dead_letter_queue: z.string().default(''),
  script_name: z.string().optional(),
  settings: z
    .object({
      batch_size: z.number().optional(),
      max_retries: z.number().optional(),
      retry_delay: z.number().optional(),
      visibility_timeout_ms: z.number().optional(),
    })
    .default({}),
});
export type Consumer = z.infer<typeof consumer>;

export const queue = z.object({
  queue_id: z.string(),
  queue_name: z.string(),
  settings: z
    .object({ delivery_delay: z.number().optional(), message_retention_period: z.number().optional() })
    .default({}),
});
export type Queue = z.infer<typeof queue>;

export const bucket = z.object({ name: z.string(), location: z.string().optional() });

export const corsRule = z.object({
  id: z.string().optional(),
  allowed: z.object({
    methods: z.array(z.string()),
    origins: z.array(z.string()),
    headers: z.array(z.string()).optional(),
  }),
  exposeHeaders: z.array(z.string()).optional(),
  maxAgeSeconds: z.number().optional(),
});
export type CorsRule = z.infer<typeof corsRule>;

/** Rules of others are handed back as they came. */
export const lifecycleRule = z.looseObject({
  id: z.string(),
  enabled: z.boolean(),
  conditions: z.object({ prefix: z.string().default('') }).default({ prefix: '' }),
});
export type LifecycleRule = z.infer<typeof lifecycleRule>;

export const deployment = z.object({
  id: z.string(),
  versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })),
  annotations: z.object({ 'workers/message': z.string().optional() }).nullish(),
});
export type Deployment = z.infer<typeof deployment>;

export const version = z.object({
  id: z.string(),
  annotations: z.object({ 'workers/tag': z.string().optional() }).nullish(),
});

export const secretName = z.object({ name: z.string(), type: z.string() });
export const schedules = z.object({ schedules: z.array(z.object({ cron: z.string() })) });
export const scriptSubdomain = z.object({ enabled: z.boolean() });
export const accountSubdomain = z.object({ subdomain: z.string() });

export const domain = z.object({
  hostname: z.string(),
  service: z.string(),
  environment: z.string().optional(),
});
export const zone = z.object({ id: z.string(), name: z.string() });
