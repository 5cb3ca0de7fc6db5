import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  StackingConfigBuilder,
  StackingMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as NumberBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Board, Panel } from './panel.ts';

/** As `provisioning/datasources` names it. */
export const DATA_SOURCE = { type: 'prometheus', uid: 'millrace-prometheus' };

const LINES = { width: 8, height: 8 };
const NUMBER = { width: 4, height: 4 };

export function buildDashboard({ uid, title, description, rows }: Board): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['millrace'])
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .link(
      new DashboardLinkBuilder('Millrace')
        .type(DashboardLinkType.Dashboards)
        .tags(['millrace'])
        .keepTime(true),
    );
  for (const row of rows) {
    dashboard.withRow(new RowBuilder(row.title));
    for (const panel of row.panels)
      dashboard.withPanel(panel.draw === 'number' ? number(panel) : lines(panel));
  }
  return dashboard.build();
}

function lines({ title, description, draw, unit, queries, width = LINES.width }: Panel): LinesBuilder {
  const isStacked = draw === 'stacked';
  const builder = new LinesBuilder()
    .title(title)
    .datasource(DATA_SOURCE)
    .span(width)
    .height(LINES.height)
    .unit(unit)
    .min(0)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(isStacked ? 40 : 8)
    .stacking(new StackingConfigBuilder().mode(isStacked ? StackingMode.Normal : StackingMode.None))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
  if (description) builder.description(description);
  for (const [i, query] of queries.entries()) builder.withTarget(target(query, i));
  return builder;
}

function number({ title, unit, queries, redFrom, width = NUMBER.width }: Panel): NumberBuilder {
  const steps = [
    { value: null, color: 'green' },
    ...(redFrom === undefined ? [] : [{ value: redFrom, color: 'red' }]),
  ];
  const builder = new NumberBuilder()
    .title(title)
    .datasource(DATA_SOURCE)
    .span(width)
    .height(NUMBER.height)
    .unit(unit)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
  for (const [i, query] of queries.entries()) builder.withTarget(target(query, i));
  return builder;
}

function target({ expr, legend }: Panel['queries'][number], i: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(DATA_SOURCE)
    .refId(String.fromCharCode(65 + i))
    .expr(expr)
    .legendFormat(legend)
    .range();
}
