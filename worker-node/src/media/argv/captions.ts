import type { Pictures } from '@millrace/shared/task/task-spec.ts';

/**
 * Captions are two letters a frame. A frame shown twice, as both of its fields are, would say them twice: copies have
 * the packet's position in common, and only the first keeps its captions. (ffmpeg asks twice about each frame: register 1
 * holds the time of the first.)
 */
export function captionsOnce({ video }: Pick<Pictures, 'video'>): string[] {
  return video.closedCaptions ? [`sidedata=mode=delete:type=A53_CC:enable='${IS_COPY}'`] : [];
}

const IS_COPY = 'if(eq(pos,ld(0)),gt(t,ld(1)),0*st(0,pos)+0*st(1,t))';
