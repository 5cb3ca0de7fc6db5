/**
 * Takes out of a text what opens something: queries of URLs, since presigned ones are secrets, playback tokens,
 * passwords in connection strings, bearer tokens, API keys, secrets of webhooks. What is left still says where and what.
 */
export function redact(text: string): string {
  return SECRETS.reduce((left, { pattern, instead }) => left.replace(pattern, instead), text);
}

/**
 * Where a word begins. In a finished line of JSON too, where what stands before it may be an escape: the `n` of a line
 * break is no part of the word behind it.
 */
const WORD = String.raw`(?<=^|\W|\\[bfnrt]|\\u[\da-f]{4})`;
/** The same for what may begin with any letter: one behind a backslash belongs to an escape, and that must stay whole. */
const NO_ESCAPE = String.raw`${WORD}(?!(?<=\\)(?:[bfnrt]|u[\da-f]{4}))`;

const SECRETS: readonly { pattern: RegExp; instead: string }[] = [
  // Of a path alone too, as request lines have it.
  { pattern: /((?:https?:\/)?\/[^\s"'`<>?\\]*)\?[^\s"'`<>=\\]*=[^\s"'`<>\\]*/g, instead: '$1?…' },
  { pattern: /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s/@"']+@/gi, instead: '$1:…@' },
  {
    pattern: new RegExp(
      `${NO_ESCAPE}[0-9a-z]{1,9}\\.[0-9a-z]{1,6}\\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])`,
      'g',
    ),
    instead: '…',
  },
  {
    pattern: new RegExp(String.raw`${WORD}(bearer|basic)(?:\s|\\[nrt])+[\w.~+/=-]{8,}`, 'gi'),
    instead: '$1 …',
  },
  {
    pattern: new RegExp(String.raw`${WORD}(X-Amz-(?:Signature|Credential|Security-Token))=[^\s&"'\\]+`, 'gi'),
    instead: '$1=…',
  },
  { pattern: new RegExp(`${WORD}mr_(live|test)_[0-9A-Za-z]{8,}`, 'g'), instead: 'mr_$1_…' },
  { pattern: new RegExp(String.raw`${WORD}whsec_[\w+/=-]{8,}`, 'g'), instead: 'whsec_…' },
  { pattern: new RegExp(String.raw`${WORD}eyJ[\w-]+\.[\w-]+\.[\w-]+`, 'g'), instead: '…' },
];
