/** Where spans are sent. */
export interface OtlpSettings {
  /** Of OTLP over HTTP, for traces. */
  url: string;
  headers: Record<string, string>;
}

/**
 * The variables OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS as OpenTelemetry reads them: the signal's
 * path is appended, headers are `name=value` with commas between. Null without an endpoint: nothing is traced.
 */
export function otlpSettings(endpoint: string | undefined, headers: string | undefined): OtlpSettings | null {
  if (!endpoint) return null;
  return { url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, headers: readHeaders(headers ?? '') };
}

function readHeaders(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    return at < 1 || name === '' ? [] : [[name, decodeURIComponent(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}
