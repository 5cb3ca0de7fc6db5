import type { ProbedStream } from './probe-json.ts';

const FORMATS_WITH_ALPHA = /^(?:yuva|ya\d|rgba|bgra|argb|abgr|gbrap)/;

/** VP8 and VP9 keep transparency beside the pictures: only a tag of the container tells. */
export function hasAlpha({ pix_fmt, tags }: ProbedStream): boolean {
  const marked = Object.entries(tags ?? {}).some(
    ([name, value]) => name.toLowerCase() === 'alpha_mode' && value === '1',
  );
  return marked || FORMATS_WITH_ALPHA.test(pix_fmt ?? '');
}
