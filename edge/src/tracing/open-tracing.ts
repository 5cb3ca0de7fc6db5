import { toHex } from '@millrace/shared/hex.ts';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { type ExportMemory, exportSpans } from './export-spans.ts';
import { type RequestTrace, requestTrace, untraced } from './request-trace.ts';

type Surroundings = Pick<Context, 'now' | 'random' | 'log' | 'waitUntil'>;

/** The tracing of one request, as the installation is configured. */
export function openTracing(
  settings: Config['tracing'],
  memory: ExportMemory,
  { now, random, log, waitUntil }: Surroundings,
): RequestTrace {
  const randomHex = (bytes: number) => toHex(random.bytes(bytes));
  if (!settings) return untraced(randomHex);
  const { otlp, ratio } = settings;
  return requestTrace({
    ...{ now, randomHex, ratio, waitUntil },
    send: (spans) => exportSpans({ settings: otlp, memory, now, log }, spans),
  });
}
