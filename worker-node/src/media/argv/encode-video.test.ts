import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import type { VideoCodec } from '@millrace/shared/media/profile.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { describe, expect, test } from 'vitest';
import { frameHashArgv } from '../../testing/frame-hash.ts';
import { encodeVideoArgv } from './encode-video.ts';
import { QUIET, STRIPPED } from './input.ts';
import { ladderGraph } from './video-filter.ts';
import { videoInput } from './video-input.ts';

const URL = 'http://127.0.0.1:4000/token';

function rendition(codec: VideoCodec, height: number, more: Partial<VideoRendition> = {}): VideoRendition {
  return {
    ...{ name: `${height}p`, codec, width: (height * 16) / 9, height, crf: 23 },
    ...{ bitrateKbps: null, maxBitrateKbps: 7_000, frameStep: 1, ...more },
  };
}

function chunk(...renditions: VideoRendition[]): EncodeVideoSpec {
  return {
    kind: 'encode-video',
    source: {
      ...{ key: 'uploads/p/u/film.mp4', sizeBytes: 1_000, etag: '"e"', demuxer: 'mov' },
      ...{ containerStartMicros: 83_000, originMicros: 83_333 },
    },
    video: {
      ...{ index: 0, codec: 'h264', pixelFormat: 'yuv420p', codedWidth: 1_920, codedHeight: 1_080 },
      ...{ sampleAspectRatio: { num: 1, den: 1 }, rotation: 0, width: 1_920, height: 1_080 },
      ...{ frameRate: { num: 30_000, den: 1_001 }, variableFrameRate: false },
      ...{ startMicros: 83_333, endMicros: 60_083_333, endMeasured: true },
      ...{ colorTransfer: 'bt709', colorPrimaries: 'bt709', colorSpace: 'bt709', colorRange: 'tv' },
      ...{ fieldOrder: null, alpha: false, closedCaptions: false },
    },
    ...{ frameRate: { num: 30_000, den: 1_001 }, gopFrames: 60, deinterlace: null, background: null },
    chunk: { index: 1, startFrame: 60, frames: 240, firstSegment: 1, segmentFrames: [120, 120] },
    ...{ renditions, preset: 'veryfast', threads: 1 },
  };
}

function muxed(timescale: string): string[] {
  return [
    ...STRIPPED,
    ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', '10', '-video_track_timescale', timescale],
    ...['-movflags', '+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer'],
    ...['-use_editlist', '0', '-f', 'mp4'],
  ];
}

test('a chunk in the middle of the film', () => {
  const spec = chunk(
    rendition('h264', 1080),
    rendition('h264', 720, { frameStep: 2, maxBitrateKbps: 3_800 }),
  );
  const encoder = (frames: number, gop: string, maxrate: string, bufsize: string) => [
    ...['-frames:v', String(frames), '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23'],
    ...['-maxrate', maxrate, '-bufsize', bufsize, '-threads', '1'],
    ...['-g', gop, '-keyint_min', gop, '-sc_threshold', '0'],
    ...['-force_key_frames', `expr:eq(mod(n,${gop}),0)`, '-flags', '+cgop'],
    ...['-x264-params', `zones=0,0,b=1.4/${frames - 1},${frames - 1},b=1.6`],
  ];
  expect(encodeVideoArgv(spec, URL, spec.chunk)).toEqual([
    ...QUIET,
    ...videoInput(spec, URL, 60),
    ...['-filter_complex_threads', '1', '-filter_complex', ladderGraph(spec, 60)],
    ...['-map', '[v0]', ...encoder(240, '60', '7000k', '14000k'), ...muxed('30000'), 'pipe:3'],
    ...['-map', '[v1]', ...encoder(120, '30', '3800k', '7600k'), ...muxed('15000'), 'pipe:4'],
  ]);
});

describe('each encoder in its own words', () => {
  const options = (codec: VideoCodec, more: Partial<VideoRendition> = {}) => {
    const spec = chunk(rendition(codec, 720, more));
    const argv = encodeVideoArgv(spec, URL, spec.chunk);
    return argv.slice(argv.indexOf('-c:v'), argv.indexOf('-sn')).join(' ');
  };
  const keyframes = '-force_key_frames expr:eq(mod(n,60),0)';

  test.each<[VideoCodec, string]>([
    [
      'hevc',
      '-c:v libx265 -preset veryfast -tag:v hvc1 -crf 23 -maxrate 7000k -bufsize 14000k -threads 1 -g 60 -x265-params ' +
        'info=0:wpp=1:pools=1:open-gop=0:scenecut=0:keyint=60:min-keyint=60:log-level=warning',
    ],
    ['av1', '-c:v libsvtav1 -preset 10 -crf 23 -maxrate 7000k -bufsize 14000k -g 60 -svtav1-params lp=1'],
    [
      'vp9',
      '-c:v libvpx-vp9 -deadline good -cpu-used 5 -row-mt 1 -crf 23 -b:v 7000k -threads 1 ' +
        `-g 60 -keyint_min 60 ${keyframes}`,
    ],
  ])('%s at a quality', (codec, expected) => {
    expect(options(codec)).toBe(expected);
  });

  test.each<[VideoCodec, string]>([
    ['h264', '-b:v 3000k -maxrate 4500k -bufsize 4500k'],
    ['hevc', '-b:v 3000k -maxrate 4500k -bufsize 4500k'],
    ['av1', '-b:v 3000k -g'],
    ['vp9', '-b:v 3000k -maxrate 4500k -bufsize 4500k'],
  ])('%s at an average', (codec, expected) => {
    const found = options(codec, { crf: null, bitrateKbps: 3_000, maxBitrateKbps: 4_500 });
    expect(found).toContain(expected);
    expect(found).not.toContain('-crf');
  });

  test.each<VideoCodec>(['h264', 'hevc', 'av1'])('%s is never lossless', (codec) => {
    expect(options(codec, { crf: 0 })).toContain('-crf 1 ');
  });
});

describe('chunks differ only in where they are', () => {
  const spec = chunk(rendition('h264', 1080));

  test('the first begins as every film does, and ends as if it went on', () => {
    const argv = encodeVideoArgv(spec, URL, { startFrame: 0, frames: 60 });
    expect(argv.join(' ')).toContain('-x264-params zones=59,59,b=1.6 ');
  });

  test('one that is cut inside a GOP ends there, as the film does', () => {
    const argv = encodeVideoArgv(spec, URL, { startFrame: 60, frames: 65 });
    expect(argv.join(' ')).toContain('-x264-params zones=0,0,b=1.4 ');
  });

  test('a preset that does not look ahead misses nothing at its end', () => {
    const argv = encodeVideoArgv({ ...spec, preset: 'superfast' }, URL, spec.chunk);
    expect(argv.join(' ')).toContain('-x264-params zones=0,0,b=1.4 ');
  });

  test('the last has no end', () => {
    expect(encodeVideoArgv(spec, URL, { startFrame: 60, frames: null })).not.toContain('-frames:v');
  });

  test('frames are hashed as the encoder of the largest rendition gets them', () => {
    const argv = frameHashArgv(spec, URL, spec.chunk);
    const encode = encodeVideoArgv(spec, URL, spec.chunk);
    const upTo = (list: string[]) => list.slice(0, list.indexOf('-filter_complex') + 2);
    expect(upTo(argv)).toEqual(upTo(encode));
    expect(argv.slice(-7)).toEqual(['-map', '[v0]', '-frames:v', '240', '-f', 'framemd5', 'pipe:3']);
  });
});
