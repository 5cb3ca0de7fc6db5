import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { RULE_FILES, readRuleFile } from '../prometheus/rules/rule-files.ts';

export const RULES_MANIFEST = path.join(import.meta.dirname, 'components/monitoring/rules.yaml');

/** Prometheus' rules as its operator takes them: `node deploy/k8s/write-rules.ts` writes the file, a test holds it. */
export async function rulesManifest(): Promise<string> {
  const files = await Promise.all(RULE_FILES.map(readRuleFile));
  const manifest = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'millrace',
      namespace: 'millrace',
      labels: { 'app.kubernetes.io/name': 'millrace', 'app.kubernetes.io/part-of': 'millrace' },
    },
    spec: { groups: files.flatMap(({ groups }) => groups) },
  };
  return [
    '# Written from deploy/prometheus/rules by deploy/k8s/write-rules.ts: change it there.',
    stringify(manifest, { lineWidth: 0, singleQuote: true }),
  ].join('\n');
}

if (import.meta.main) await writeFile(RULES_MANIFEST, await rulesManifest());
