import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';

/** What H.264 can say about colour, by ffmpeg's names. Anything else is left unsaid. */
const PRIMARIES = ['bt709', 'bt470m', 'bt470bg', 'smpte170m', 'smpte240m', 'film', 'bt2020', 'smpte432'];
const TRANSFERS = [
  ...['bt709', 'gamma22', 'gamma28', 'smpte170m', 'smpte240m', 'linear', 'iec61966-2-1', 'bt2020-10'],
  ...['bt2020-12', 'smpte2084', 'arib-std-b67'],
];
const MATRICES = ['bt709', 'fcc', 'bt470bg', 'smpte170m', 'smpte240m', 'bt2020nc'];

/** RGB has no matrix to keep: it becomes BT.709. */
export function matrixOption(video: VideoStreamInfo): string {
  return isRgb(video) ? ':out_color_matrix=bt709' : '';
}

/** Says what the pictures are, from the analysis, so that every chunk's headers say the same. */
export function colourFilter(video: VideoStreamInfo): string {
  const known = (value: string | null, list: string[]) =>
    value !== null && list.includes(value) ? value : 'unknown';
  const matrix = isRgb(video) ? 'bt709' : known(video.colorSpace, MATRICES);
  return [
    'setparams=range=tv',
    `color_primaries=${known(video.colorPrimaries, PRIMARIES)}`,
    `color_trc=${known(video.colorTransfer, TRANSFERS)}`,
    `colorspace=${matrix}`,
  ].join(':');
}

function isRgb(video: VideoStreamInfo): boolean {
  return /^(?:gbr|rgb|bgr|argb|abgr|0rgb|0bgr|pal8)/.test(video.pixelFormat);
}
