import { cpus } from 'node:os';
import type { CallFigures } from './measure-calls.ts';
import type { OperationFigures } from './measure-operations.ts';

export function printCalls(calls: CallFigures[]): void {
  console.log(`\n32 connections, ${cpus().length} cores (${cpus()[0]?.model.trim()})\n`);
  console.log(line(['', 'p50', 'p99', 'a second', '× p50', '× p99', 'at most']));
  for (const call of calls) {
    console.log(
      line([
        call.name,
        `${call.p50_ms.toFixed(1)} ms`,
        `${call.p99_ms.toFixed(1)} ms`,
        call.requests_per_second.toFixed(0),
        call.ratio_p50.toFixed(2),
        call.ratio_p99.toFixed(2),
        call.limit === null ? '' : `${call.limit}`,
      ]),
    );
  }
}

export function printOperations({
  per_video_hour,
  per_idle_hour,
  chunks_of_an_hour,
}: OperationFigures): void {
  console.log(`\nOperations, of an hour of film (${chunks_of_an_hour} chunks) and of an idle hour\n`);
  for (const [name, count] of Object.entries(per_video_hour)) {
    const idle = Object.entries(per_idle_hour).find(([of]) => of === name)?.[1];
    console.log(
      `  ${name.replaceAll('_', ' ').padEnd(18)} ${String(count).padStart(8)} ${String(idle).padStart(8)}`,
    );
  }
}

function line([name = '', ...columns]: string[]): string {
  return `  ${name.padEnd(32)} ${columns.map((column) => column.padStart(10)).join(' ')}`;
}
