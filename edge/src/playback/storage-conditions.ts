const TAG = '(?:W/)?"[\\x21\\x23-\\x7e]*"';
const TAGS = new RegExp(`^(?:\\*|${TAG}(?:[ \\t]*,[ \\t]*${TAG})*)$`);

/**
 * The range and the conditions of a viewer's request that are well formed. The others may be passed over (RFC 9110, 13.1
 * and 14.2), and storage would refuse the whole request for them.
 */
export function storageConditions(headers: Headers): Record<string, string> {
  const range = singleRange(headers.get('range'));
  const entries: [string, string | null][] = [
    ['range', range],
    ['if-range', range && (tagOf(headers.get('if-range')) ?? dateOf(headers.get('if-range')))],
    ['if-none-match', tagOf(headers.get('if-none-match'))],
    ['if-modified-since', dateOf(headers.get('if-modified-since'))],
  ];
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** Storage gives one range at a time. */
function singleRange(text: string | null): string | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return null;
  return first !== '' && last !== '' && Number(first) > Number(last) ? null : text;
}

function tagOf(text: string | null): string | null {
  return text !== null && TAGS.test(text) ? text : null;
}

function dateOf(text: string | null): string | null {
  const ms = text !== null && /GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toUTCString();
}
