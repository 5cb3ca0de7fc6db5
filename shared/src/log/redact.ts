/**
 * Takes out of a text what opens something: queries of URLs, since presigned ones are secrets, playback tokens,
 * passwords in connection strings, bearer tokens, API keys, secrets of webhooks. What is left still says where and what.
 */
export function redact(text: string): string {
  return SECRETS.reduce((left, { pattern, instead }) => left.replace(pattern, instead), text);
}

const SECRETS: readonly { pattern: RegExp; instead: string }[] = [
  // Of a path alone too, as request lines have it.
  { pattern: /((?:https?:\/)?\/[^\s"'`<>?\\]*)\?[^\s"'`<>=\\]*=[^\s"'`<>\\]*/g, instead: '$1?…' },
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s/@"']+@/gi, instead: '$1:…@' },
  { pattern: /\b[0-9a-z]{1,9}\.[0-9a-z]{1,6}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g, instead: '…' },
  { pattern: /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, instead: '$1 …' },
  { pattern: /\b(X-Amz-(?:Signature|Credential|Security-Token))=[^\s&"']+/gi, instead: '$1=…' },
  { pattern: /\bmr_(live|test)_[0-9A-Za-z]{8,}/g, instead: 'mr_$1_…' },
  { pattern: /\bwhsec_[\w+/=-]{8,}/g, instead: 'whsec_…' },
  { pattern: /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, instead: '…' },
];
