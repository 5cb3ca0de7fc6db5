import type { MediaRef } from './find-media.ts';

const FILE_TYPES: Record<string, string> = {
  jpg: 'image/jpeg',
  m4a: 'audio/mp4',
  mp4: 'video/mp4',
  vtt: 'text/vtt; charset=utf-8',
};

/** What a browser is told that an object is. */
export function mediaType(ref: MediaRef): string {
  switch (ref.kind) {
    case 'init':
      return 'video/mp4';
    case 'segment':
      return 'video/iso.segment';
    case 'file':
      return FILE_TYPES[ref.name.slice(ref.name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    default:
      return ref satisfies never;
  }
}
