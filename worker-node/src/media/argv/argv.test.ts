import type { EncodeAudioSpec, EncodeVideoSpec, PosterSpec } from '@millrace/shared/task/task-spec.ts';
import { describe, expect, test } from 'vitest';
import { frameHashArgv } from '../../testing/frame-hash.ts';
import { CODEC_WHITELIST } from '../codecs.ts';
import { FORMAT_WHITELIST } from '../formats.ts';
import { assembleArgv } from './assemble.ts';
import { encodeAudioArgv } from './encode-audio.ts';
import { encodeVideoArgv } from './encode-video.ts';
import { posterArgv } from './poster.ts';
import { remuxArgv } from './remux.ts';

const URL = 'http://127.0.0.1:4000/token';
const SOURCE = {
  ...{ key: 'uploads/p/u/film.mp4', sizeBytes: 1_000, etag: '"e"', demuxer: 'mov' },
  ...{ containerStartMicros: 83_000, originMicros: 83_333 },
};
const VIDEO: EncodeVideoSpec['video'] = {
  ...{ index: 0, codec: 'h264', pixelFormat: 'yuv420p', codedWidth: 1_920, codedHeight: 1_080 },
  ...{ sampleAspectRatio: { num: 1, den: 1 }, rotation: 90, width: 1_080, height: 1_920 },
  ...{ frameRate: { num: 30_000, den: 1_001 }, variableFrameRate: false },
  ...{ startMicros: 83_333, endMicros: 60_083_333, endMeasured: true },
  ...{
    colorTransfer: 'bt709',
    colorPrimaries: 'bt709',
    colorSpace: 'bt709',
    colorRange: 'tv',
    fieldOrder: null,
  },
};
const CHUNK: EncodeVideoSpec = {
  kind: 'encode-video',
  ...{ source: SOURCE, video: VIDEO, frameRate: VIDEO.frameRate, gopFrames: 60 },
  chunk: { index: 1, startFrame: 60, frames: 240, firstSegment: 1, segmentFrames: [120, 120] },
  renditions: [
    { name: '1080p', width: 1_080, height: 1_920, crf: 23, maxBitrateKbps: 7_000 },
    { name: '720p', width: 720, height: 1_280, crf: 24, maxBitrateKbps: 3_800 },
  ],
  preset: 'veryfast',
  threads: 1,
};

const FENCE = [
  ...['-protocol_whitelist', 'http,tcp', '-format_whitelist', FORMAT_WHITELIST],
  ...['-codec_whitelist', CODEC_WHITELIST, '-max_streams', '256', '-max_pixels', '40000000'],
  ...['-probesize', '20000000', '-analyzeduration', '20000000', '-f', 'mov'],
];
const QUIET = [
  ...['-nostdin', '-hide_banner', '-loglevel', 'level+warning'],
  ...['-progress', 'pipe:1', '-stats_period', '0.5'],
];
const STRIPPED = ['-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-fflags', '+bitexact'];

test('a chunk in the middle of the film', () => {
  const encoder = (crf: string, maxrate: string, bufsize: string) => [
    ...['-frames:v', '250', '-c:v', 'libx264', '-preset', 'veryfast', '-crf', crf],
    ...['-maxrate', maxrate, '-bufsize', bufsize, '-threads', '1'],
    ...['-g', '60', '-keyint_min', '60', '-sc_threshold', '0'],
    ...['-force_key_frames', 'expr:eq(mod(n,60),0)', '-flags', '+cgop'],
    ...['-x264-params', 'zones=0,0,b=1.4'],
    ...STRIPPED,
    ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', '10', '-video_track_timescale', '30000'],
    ...['-movflags', '+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer'],
    ...['-use_editlist', '0', '-f', 'mp4'],
  ];
  expect(encodeVideoArgv(CHUNK, URL, CHUNK.chunk)).toEqual([
    ...QUIET,
    ...FENCE,
    ...['-noautorotate', '-reinit_filter', '0', '-threads', '1', '-copyts'],
    ...['-noaccurate_seek', '-ss', '2.010674', '-i', URL],
    '-filter_complex',
    '[0:V:0]settb=1/90000,setpts=PTS-187680,fps=30000/1001:start_time=0,setpts=PTS+60,' +
      'scale=1920:1080:flags=bicubic:out_range=tv,format=yuv420p,transpose=clock,setsar=1,' +
      'sidedata=mode=delete:type=DISPLAYMATRIX,' +
      'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709,' +
      'split=2[v0][from0];[from0]scale=720:1280:flags=bicubic,setsar=1[v1]',
    ...['-map', '[v0]', ...encoder('23', '7000k', '14000k'), 'pipe:3'],
    ...['-map', '[v1]', ...encoder('24', '3800k', '7600k'), 'pipe:4'],
  ]);
});

describe('chunks differ only in where they are', () => {
  test('the first has nothing to seek and no seam to hide', () => {
    const argv = encodeVideoArgv(CHUNK, URL, { startFrame: 0, frames: 60 });
    expect(argv).not.toContain('-ss');
    expect(argv).not.toContain('-x264-params');
    expect(argv[argv.indexOf('-filter_complex') + 1]).toContain('setpts=PTS-7500,');
  });

  test('the last has no end', () => {
    expect(encodeVideoArgv(CHUNK, URL, { startFrame: 60, frames: null })).not.toContain('-frames:v');
  });

  test('frames are hashed as the encoder of the largest rendition gets them', () => {
    const argv = frameHashArgv(CHUNK, URL, CHUNK.chunk);
    const encode = encodeVideoArgv({ ...CHUNK, renditions: CHUNK.renditions.slice(0, 1) }, URL, CHUNK.chunk);
    const upTo = (list: string[]) => list.slice(0, list.indexOf('-filter_complex') + 2);
    expect(upTo(argv)).toEqual(upTo(encode));
    expect(argv.slice(-7)).toEqual(['-map', '[v0]', '-frames:v', '240', '-f', 'framemd5', 'pipe:3']);
  });
});

test('a whole audio track', () => {
  const spec: EncodeAudioSpec = {
    kind: 'encode-audio',
    source: SOURCE,
    audio: {
      ...{ index: 1, codec: 'ac3', channels: 6, sampleRate: 44_100, startMicros: 0, endMicros: 1 },
      ...{ language: null, title: null },
    },
    ...{ track: 'audio-0', bitrateKbps: 128, sampleRate: 48_000, channels: 2 },
    ...{ frameRate: { num: 25, den: 1 }, gopFrames: 50, durationMicros: 60_000_000 },
  };
  expect(encodeAudioArgv(spec, URL)).toEqual([
    ...QUIET,
    ...FENCE,
    ...['-copyts', '-i', URL, '-filter_complex'],
    '[0:a:1]asettb=1/44100,asetpts=PTS-3675,aresample=48000:async=1:min_hard_comp=0.015:first_pts=0,' +
      'aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo[a]',
    ...['-map', '[a]', '-c:a', 'aac', '-b:a', '128k', '-ar', '48000', '-ac', '2'],
    ...STRIPPED,
    ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', '10'],
    ...['-movflags', '+empty_moov+default_base_moof+frag_discont+skip_trailer', '-frag_duration', '500000'],
    ...['-use_editlist', '0', '-f', 'mp4', 'pipe:3'],
  ]);
});

test('an MP4 of video and sound, from pipes', () => {
  const input = (n: number) => ['-protocol_whitelist', 'pipe', '-f', 'mov', '-i', `pipe:${n}`];
  expect(assembleArgv(true, '/scratch/720p.mp4')).toEqual([
    ...[...QUIET, '-copyts', ...input(3), ...input(4)],
    ...['-map', '0:v:0', '-map', '1:a:0', '-c', 'copy', ...STRIPPED],
    ...['-output_ts_offset', '-10', '-movflags', '+faststart', '-f', 'mp4', 'file:/scratch/720p.mp4'],
  ]);
});

test('a copy of the streams that count', () => {
  const streams = { videoIndex: 0, audioIndexes: [1, 2] };
  const file = '/scratch/source.mp4';
  expect(remuxArgv({ url: URL, demuxer: 'mov' }, streams, { muxer: 'mp4', file })).toEqual([
    ...[...QUIET, ...FENCE, '-fflags', '+genpts', '-i', URL],
    ...['-map', '0:V:0', '-map', '0:a:1', '-map', '0:a:2', '-c', 'copy', '-max_muxing_queue_size', '9999'],
    ...[...STRIPPED, '-movflags', '+faststart', '-f', 'mp4', `file:${file}`],
  ]);
});

test('a poster is looked for among keyframes first', () => {
  const spec: PosterSpec = {
    ...{ kind: 'poster', source: SOURCE, video: VIDEO, atMicros: 6_000_000, width: 1_080, height: 1_920 },
  };
  const argv = posterArgv(spec, URL, 'bright-keyframe');
  expect(argv.join(' ')).toContain(`-skip_frame nokey -noaccurate_seek -ss 6.000333 -t 10 -i ${URL}`);
  expect(argv[argv.indexOf('-vf') + 1]).toContain('YAVG:value=28:function=greater,thumbnail=n=24');
  expect(posterArgv(spec, URL, 'any-frame').join(' ')).not.toContain('-ss');
});
