import { fleet } from './boards/fleet.ts';
import { media } from './boards/media.ts';
import { overview } from './boards/overview.ts';
import { reliability } from './boards/reliability.ts';
import type { Board } from './panel.ts';

export const BOARDS: readonly Board[] = [overview, fleet, media, reliability];

export interface BoardQuery {
  /** Board and panel. */
  where: string;
  expr: string;
}

/** What all panels ask. @param rateInterval What Grafana puts in place of its variable. */
export function boardQueries(rateInterval: string): BoardQuery[] {
  return BOARDS.flatMap(({ title, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        panel.queries.map(({ expr }) => ({
          where: `${title}: ${panel.title}`,
          expr: expr.replaceAll('$__rate_interval', rateInterval),
        })),
      ),
    ),
  );
}
