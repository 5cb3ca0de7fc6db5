import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import type { MeasureQualitySpec } from '@millrace/shared/task/task-spec.ts';
import { CODEC_WHITELIST } from '../codecs.ts';
import { filterGraph, QUIET } from './input.ts';
import { ladderGraph } from './video-filter.ts';
import { videoInput } from './video-input.ts';

const FIRST_FD = 3;

/**
 * Decodes what was published of each rendition (descriptor 3 and up) and compares it, picture by picture, with what its
 * encoder was given. The figures of each come as text on the descriptors after those; VMAF's, in `vmafLog`s.
 */
export function measureQualityArgv(
  spec: MeasureQualitySpec,
  url: string,
  vmafLogs: readonly string[],
): string[] {
  const { renditions, startFrame } = spec;
  const published = renditions.flatMap((_, i) => [
    ...['-protocol_whitelist', 'pipe', '-codec_whitelist', CODEC_WHITELIST],
    ...['-threads', '1', '-f', 'mov', '-i', `pipe:${FIRST_FD + i}`],
  ]);
  const comparisons = renditions.map((rendition, i) =>
    comparison(i, comparedFrames(spec, rendition), FIRST_FD + renditions.length + i, vmafLogs[i] ?? null),
  );
  return [
    ...QUIET,
    ...videoInput({ ...spec, threads: 1 }, url, startFrame),
    ...published,
    ...filterGraph([ladderGraph(spec, startFrame), ...comparisons].join(';'), 1),
    ...renditions.flatMap((_, i) => [
      '-map',
      `[compared${i}]`,
      '-fps_mode',
      'passthrough',
      '-f',
      'null',
      '-',
    ]),
  ];
}

/** How many of its own frames a rendition has in the stretch. */
export function comparedFrames(spec: MeasureQualitySpec, { frameStep }: VideoRendition): number {
  return Math.ceil(spec.frames / frameStep);
}

/** Both sides are counted through, so that picture n meets picture n whatever their clocks say. */
function comparison(i: number, frames: number, descriptor: number, vmafLog: string | null): string {
  const counted = `trim=end_frame=${frames},format=yuv420p,settb=1/25,setpts=N`;
  const vmaf = vmafLog === null ? '' : `[scored${i}];[scored${i}][given${i}c]${vmafFilter(vmafLog)}`;
  return [
    `[v${i}]${counted},split=${vmafLog === null ? 2 : 3}[given${i}a][given${i}b]${vmafLog === null ? '' : `[given${i}c]`}`,
    `[${i + 1}:v:0]${counted}[came${i}]`,
    `[came${i}][given${i}a]ssim=shortest=1[similar${i}]`,
    `[similar${i}][given${i}b]psnr=shortest=1${vmaf},metadata=print:file='pipe\\:${descriptor}'[compared${i}]`,
  ].join(';');
}

function vmafFilter(log: string): string {
  return `libvmaf=shortest=1:n_threads=1:log_fmt=json:log_path=${log}`;
}
