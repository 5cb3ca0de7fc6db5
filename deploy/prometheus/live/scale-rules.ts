import { RULE_FILES, readRuleFile } from '../rules/rule-files.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
/** A rate needs two scrapes in its range, on a machine that is busy. */
const SHORTEST_RANGE_SECONDS = 25;

/**
 * The rules of the files, in one, with their time running `factor` times as fast: what is to last, the ranges that are looked
 * back over, and the pace of their groups. Figures that are seconds themselves, as the age of the queue, stay what they are.
 */
export async function scaledRules(factor: number): Promise<object> {
  const files = await Promise.all(RULE_FILES.map(readRuleFile));
  return {
    groups: files.flatMap(({ groups }) =>
      groups.map(({ interval, ...group }) => ({
        ...group,
        ...(interval === undefined ? {} : { interval: scaled(interval, factor, 1) }),
        rules: group.rules.map((rule) => ({
          ...rule,
          expr: scaledExpr(rule.expr, factor),
          ...('for' in rule && rule.for !== undefined ? { for: scaled(rule.for, factor, 0) } : {}),
        })),
      })),
    ),
  };
}

export function scaledExpr(expr: string, factor: number): string {
  if (factor === 1) return expr;
  return expr.replace(
    /\[(\d+[smhd])\]/g,
    (_, range: string) => `[${scaled(range, factor, SHORTEST_RANGE_SECONDS)}]`,
  );
}

function scaled(duration: string, factor: number, leastSeconds: number): string {
  const [, count = '0', unit = 's'] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const seconds = Number(count) * SECONDS[unit as keyof typeof SECONDS];
  return `${Math.max(leastSeconds, Math.round(seconds / factor))}s`;
}
