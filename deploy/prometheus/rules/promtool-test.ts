import type { AlertCase } from './alert-cases.ts';
import type { AlertingRule, RecordingRule, Rules } from './rule-files.ts';

/**
 * The cases of an alert in the form that `promtool test rules` reads, with the rule's own labels and annotations filled in;
 * and beside them its rules: the alert behind what it is made of, in one group. Groups of the files run side by side, each at
 * its own pace: here one evaluation sees the other, and days do not take minutes.
 */
export function promtoolTest(rules: Rules, { alert, fires, silent }: AlertCase, rulesFile: string) {
  const rule = rules.alerting.find((candidate) => candidate.alert === alert);
  if (!rule) throw new Error(`there is no rule ${alert}`);
  const expected = fires.map(({ labels = {}, summary, ...rest }) => ({
    ...rest,
    alerts: [
      { exp_labels: { ...rule.labels, ...labels }, exp_annotations: { ...rule.annotations, summary } },
    ],
  }));
  const tests = [...expected, ...silent.map((rest) => ({ ...rest, alerts: [] }))].map(
    ({ series, at, interval = '1m', alerts }) => ({
      interval,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: alerts }],
    }),
  );
  return {
    rules: { groups: [{ name: alert, rules: [...madeOf(rule, rules.recording), rule] }] },
    test: { rule_files: [rulesFile], evaluation_interval: fires[0]?.interval ?? '1m', tests },
  };
}

/** The recording rules that an expression names, and those that they name, in an order that can be evaluated. */
function madeOf(rule: AlertingRule, recording: RecordingRule[]): RecordingRule[] {
  const needed = (expr: string): RecordingRule[] =>
    recording
      .filter(({ record }) => namesOf(expr).has(record))
      .flatMap((found) => [...needed(found.expr), found]);
  return [...new Set(needed(rule.expr))];
}

function namesOf(expr: string): Set<string> {
  return new Set(expr.match(/[a-zA-Z_:][a-zA-Z0-9_:]*/g));
}
