import type { SupportGroup } from './rows.ts';

/** The tables of docs/media-support.md, from the rows that are tested. */
export function writeSupportTable(groups: readonly SupportGroup[]): string {
  return groups
    .map(({ group, rows }) =>
      [
        `### ${group}`,
        '',
        '| | source | result |',
        '|---|---|---|',
        ...rows.map((row) => {
          const result = row.fails ? `\`${row.fails}\`: ${row.result}` : row.result;
          return `| ${row.feature} | ${row.input} | ${result} |`;
        }),
      ].join('\n'),
    )
    .join('\n\n');
}
