import type { OtlpSettings } from '@millrace/shared/trace/otlp-settings.ts';
import type { Log } from '../log.ts';
import { type EndedSpan, otlpJson } from './otlp-json.ts';

const ANSWER_WITHIN_MS = 5_000;
/** A collector that is away is told of once in a while. */
const TELL_EVERY_MS = 60_000;
const RESOURCE = { 'service.name': 'millrace-edge' };

/** Outlives the request. */
export interface ExportMemory {
  toldAt: number;
}

export interface SpanExport {
  settings: OtlpSettings;
  memory: ExportMemory;
  now(): number;
  log: Log;
  /** Default: the platform's. */
  fetch?: typeof fetch;
}

/** Sends spans by OTLP over HTTP. Never rejects and is never repeated: traces are worth no work that jobs need. */
export async function exportSpans(to: SpanExport, spans: readonly EndedSpan[]): Promise<void> {
  const { settings, memory, now, log } = to;
  try {
    const answer = await (to.fetch ?? fetch)(settings.url, {
      method: 'POST',
      headers: { ...settings.headers, 'content-type': 'application/json' },
      body: otlpJson(spans, RESOURCE),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the collector answered ${answer.status}`);
  } catch (error) {
    if (now() < memory.toldAt + TELL_EVERY_MS) return;
    memory.toldAt = now();
    log.warn('traces could not be exported', { err: error });
  }
}
