import { expect, test } from 'vitest';
import { scaledExpr, scaledRules } from './scale-rules.ts';

test('at the pace of the files nothing changes but the file they are in', async () => {
  const { groups } = (await scaledRules(1)) as { groups: { rules: { for?: string }[] }[] };
  expect(groups.flatMap(({ rules }) => rules).map((rule) => rule.for)).toContain('180s');
  expect(scaledExpr('rate(a[5m]) > 300', 1)).toBe('rate(a[5m]) > 300');
});

test('ranges shrink, figures stay; a range never gets too short for a rate', () => {
  expect(scaledExpr('rate(a{b="[5m]x"}[1h]) > 300 and max_over_time(c[5m]) > 2', 10)).toContain(
    '[360s]) > 300',
  );
  expect(scaledExpr('rate(a[1m])', 10)).toBe('rate(a[25s])');
});
