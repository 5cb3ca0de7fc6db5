/**
 * Takes out of a text what opens something: queries of URLs, since presigned ones are secrets, playback tokens,
 * passwords in connection strings, bearer tokens, API keys, secrets of webhooks, and what is named as one (`token=`); as
 * they are, and escaped for a URL, once or several times over. What is left still says where and what.
 */
export function redact(text: string): string {
  return SECRETS.reduce((left, { pattern, instead }) => left.replace(pattern, instead), text);
}

/** How an escape of a URL begins, however often it was escaped itself. */
const PERCENT = '%(?:25){0,4}';
/**
 * Where a word begins. In a finished line of JSON too, and inside of a URL, where what stands before it may be an escape:
 * the `n` of a line break and the `26` of an ampersand are no part of the word behind it.
 */
const WORD = String.raw`(?<=^|\W|\\[bfnrt]|\\u[\da-f]{4}|${PERCENT}[\dA-Fa-f]{2})`;
/** The same for what may begin with any letter: one behind a backslash or % belongs to an escape, and that must stay whole. */
const NO_ESCAPE = String.raw`${WORD}(?!(?<=\\)(?:[bfnrt]|u[\da-f]{4})|(?<=${PERCENT})[\dA-Fa-f]{2})`;
/** Names of secrets, whatever is written before them. */
const SECRET_NAME =
  '[\\w-]{0,40}(?:signature|sig|credential|token|secret|password|(?:api|access|secret)[_-]?key)';

/*
 * Texts are as long as somebody likes. No pattern takes more than linear time: none looks far from more than one place of
 * what it passes through.
 */
const SECRETS: readonly { pattern: RegExp; instead: string }[] = [
  // Of a path alone too, as request lines have it. Only from where it begins; what the lookahead took is not taken apart.
  {
    pattern: /(?<=^|[\s"'`<>\\])(?=([^\s"'`<>?\\]*))\1\?[^\s"'`<>=\\]*=[^\s"'`<>\\]*/g,
    instead: '$1?…',
  },
  {
    pattern: new RegExp(`(${PERCENT}3F)(?=[\\w.%~+-]{0,100}?(?:=|${PERCENT}3D))[^\\s"'\`<>\\\\]+`, 'gi'),
    instead: '$1…',
  },
  {
    pattern: new RegExp(String.raw`${WORD}([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@"']*):[^\s/@"']+@`, 'gi'),
    instead: '$1:…@',
  },
  {
    pattern: new RegExp(
      String.raw`${WORD}([a-z][a-z0-9+.-]{0,20}${PERCENT}3A(?:${PERCENT}2F){2}[\w.~+-]{0,100}${PERCENT}3A)[\w.%~+-]{1,200}?(${PERCENT}40)`,
      'gi',
    ),
    instead: '$1…$2',
  },
  {
    pattern: new RegExp(
      `${NO_ESCAPE}[0-9a-z]{1,9}\\.[0-9a-z]{1,6}\\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])`,
      'g',
    ),
    instead: '…',
  },
  {
    pattern: new RegExp(
      String.raw`${WORD}(bearer|basic)(?:\s|\\[nrt]|\+|${PERCENT}(?:20|0[9AD]))+[\w.~+/=%-]{8,}`,
      'gi',
    ),
    instead: '$1 …',
  },
  {
    pattern: new RegExp(String.raw`${WORD}(${SECRET_NAME}(?:=|${PERCENT}3D))[^\s&"'\\]+`, 'gi'),
    instead: '$1…',
  },
  { pattern: new RegExp(`${WORD}mr_(live|test)_[0-9A-Za-z]{8,}`, 'g'), instead: 'mr_$1_…' },
  { pattern: new RegExp(String.raw`${WORD}whsec_[\w+/=%-]{8,}`, 'g'), instead: 'whsec_…' },
  { pattern: new RegExp(String.raw`${WORD}eyJ[\w-]{4,}(?:\.[\w-]+)*`, 'g'), instead: '…' },
];
