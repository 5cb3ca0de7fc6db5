import type { VideoStreamInfo } from './media-info.ts';

/** True for HDR10 and HLG: pictures that must be tone-mapped to be shown as SDR. */
export function isHdr({ colorTransfer }: Pick<VideoStreamInfo, 'colorTransfer'>): boolean {
  return colorTransfer === 'smpte2084' || colorTransfer === 'arib-std-b67';
}

/** True when a frame holds two fields of different moments. */
export function isInterlaced({ fieldOrder }: Pick<VideoStreamInfo, 'fieldOrder'>): boolean {
  return fieldOrder !== null && ['tt', 'bb', 'tb', 'bt'].includes(fieldOrder);
}
