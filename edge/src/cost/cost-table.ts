import type { Cost } from './count-cost.ts';

/** A line of the table in docs/performance.md. */
export function tableLine(call: string, { sql, redis, storage }: Cost): string {
  return `| ${call} | ${sql} | ${redis} | ${storage} |`;
}

/** The lines between the header of the table of a document and its end. */
export function tableOf(document: string): string[] {
  const lines = document.split('\n');
  const start = lines.indexOf('| call | SQL | Redis | storage |');
  const end = lines.indexOf('', start);
  return start < 0 ? [] : lines.slice(start + 2, end);
}
