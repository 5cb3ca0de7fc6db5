export interface Size {
  width: number;
  height: number;
}

/** What RGB needs: every pixel's colour counted, and nothing rounded early. */
export const EXACT = 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

export function scale({ width, height }: Size, flags = 'bicubic'): string {
  return `scale=${width}:${height}:flags=${flags}`;
}
