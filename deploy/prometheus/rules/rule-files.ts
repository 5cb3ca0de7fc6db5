import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const recording = z.strictObject({ record: z.string(), expr: z.string() });
const alerting = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({
    severity: z.enum(['critical', 'warning', 'info']),
    area: z.enum(['api', 'fleet', 'jobs', 'queue', 'storage']),
  }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const ruleFile = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      interval: z.string().optional(),
      rules: z.array(z.union([recording, alerting])),
    }),
  ),
});

export type RecordingRule = z.infer<typeof recording>;
export type AlertingRule = z.infer<typeof alerting>;
export type RuleFile = z.infer<typeof ruleFile>;

export const RULE_FILES = ['recording.yml', 'alerts.yml'].map((name) => join(import.meta.dirname, name));

export interface Rules {
  recording: RecordingRule[];
  alerting: AlertingRule[];
}

/** Every rule there is. Throws when one lacks what each must have. */
export async function readRules(): Promise<Rules> {
  const rules = (await Promise.all(RULE_FILES.map(readRuleFile))).flatMap(({ groups }) =>
    groups.flatMap((group) => group.rules),
  );
  return {
    recording: rules.flatMap((rule) => ('record' in rule ? [rule] : [])),
    alerting: rules.flatMap((rule) => ('alert' in rule ? [rule] : [])),
  };
}

export async function readRuleFile(file: string): Promise<RuleFile> {
  return ruleFile.parse(parse(await readFile(file, 'utf8')));
}
