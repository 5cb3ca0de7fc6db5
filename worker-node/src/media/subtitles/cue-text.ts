/** What stands in angle brackets. Texts are as long as somebody likes: no pattern here takes more than linear time. */
const BRACKETS = /<([^<>]*)>/g;

/** "i", "/i", "c.yellow", "v Fred", "font color=red". */
const TAG = /^(\/?)([A-Za-z]+)((?:\.[^\s.&/]+)*)(?=[\s/]|$)(.*)$/s;

/** WebVTT's "00:01.000": when what follows is sung. */
const TIMESTAMP = /^[\d:.]+$/;

/** By the name that a tag of WebVTT has, what says the same. */
const SPOKEN: Readonly<Record<string, string>> = {
  ...{ b: 'b', i: 'i', u: 'u', c: 'c', v: 'v', lang: 'lang', ruby: 'ruby', rt: 'rt' },
  ...{ em: 'i', strong: 'b' },
};

/** Names that are of no use here, and that nobody wants to read: all others may be words in brackets. */
const SILENT = new Set([
  ...['font', 'span', 'p', 'div', 's', 'strike', 'del', 'a', 'img', 'small', 'big', 'tt', 'sub', 'sup'],
  ...['center', 'html', 'head', 'body', 'script', 'style', 'iframe', 'object', 'svg', 'rb', 'rp'],
]);

/**
 * WebVTT cue text out of text with tags of HTML or WebVTT in it. Bold, italic, voices and the like stay, every tag that is
 * opened is closed, other formatting goes, and what only looks like a tag is text. Empty when nothing would be shown.
 */
export function cueText(source: string): string {
  const open: string[] = [];
  let written = '';
  let shown = '';
  let at = 0;
  for (const match of source.matchAll(BRACKETS)) {
    const text = source.slice(at, match.index);
    const tag = writeTag(match[1] ?? '', open);
    at = match.index + (tag === null ? 0 : match[0].length);
    shown += text;
    written += `${escapeText(text)}${tag ?? ''}`;
  }
  const rest = source.slice(at);
  const closing = open.reverse().map((name) => `</${name}>`);
  if (`${shown}${rest}`.trim() === '') return '';
  return withoutBlankLines(`${written}${escapeText(rest).trimEnd()}${closing.join('')}`);
}

/** Text in which nothing has a meaning of its own. */
export function escapeLiteral(text: string): string {
  return escapeBrackets(text.replaceAll('&', '&amp;'));
}

/** A blank line would end the cue. */
export function withoutBlankLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** Tags inside of tags. More than there are kinds of them mean nothing. */
const MAX_DEPTH = 16;

/** What a tag becomes, or null when it is none. Keeps count of what is open. */
function writeTag(inside: string, open: string[]): string | null {
  if (TIMESTAMP.test(inside)) return '';
  const [, slash, name, classes = '', annotation = ''] = TAG.exec(inside) ?? [];
  if (name === undefined) return null;
  const lower = name.toLowerCase();
  if (lower === 'br') return '\n';
  const known = Object.hasOwn(SPOKEN, lower) ? SPOKEN[lower] : undefined;
  if (known === undefined) return SILENT.has(lower) ? '' : null;
  if (slash) return close(known, open);
  const label = known === 'v' || known === 'lang' ? annotation.replaceAll(/\s+/g, ' ').trim() : '';
  if (label === '' && (known === 'v' || known === 'lang')) return '';
  if (open.length >= MAX_DEPTH) return '';
  open.push(known);
  return `<${known}${classes}${label === '' ? '' : ` ${escapeText(label)}`}>`;
}

/** With everything that was opened inside of it. */
function close(name: string, open: string[]): string {
  const depth = open.lastIndexOf(name);
  if (depth === -1) return '';
  return open
    .splice(depth)
    .reverse()
    .map((inner) => `</${inner}>`)
    .join('');
}

const ENTITY = /&(?!(?:amp|lt|gt|lrm|rlm|nbsp|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/g;

function escapeText(text: string): string {
  return escapeBrackets(text.replaceAll(ENTITY, '&amp;'));
}

function escapeBrackets(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
