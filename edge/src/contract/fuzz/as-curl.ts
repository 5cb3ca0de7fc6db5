import type { Sent } from '../send.ts';

const SHOWN_CHARACTERS = 2_000;

/** A request as a line for a shell. Long bodies are cut short. */
export function asCurl({ method, path, headers, body }: Sent): string {
  const lines = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const text = Array.isArray(body) ? Buffer.concat(body).toString() : body;
  const data = text === undefined ? [] : [`--data-binary ${quoted(text)}`];
  const chunked = Array.isArray(body) ? [`-H 'Transfer-Encoding: chunked'`] : [];
  return ['curl', '-X', method, quoted(`$API${path}`), ...lines, ...chunked, ...data].join(' ');
}

/** In the notation of bash for text with characters that cannot be seen. */
function quoted(text: string): string {
  const cut =
    text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)` : text;
  return `$'${JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
