import type { EncodeAudioSpec, EncodeVideoSpec, PosterSpec } from '@millrace/shared/task/task-spec.ts';
import { describe, expect, test } from 'vitest';
import { CODEC_WHITELIST } from '../codecs.ts';
import { FORMAT_WHITELIST } from '../formats.ts';
import { encodeAudioArgv } from './encode-audio.ts';
import { posterArgv } from './poster.ts';
import { remuxArgv } from './remux.ts';
import { sourceSound } from './sound.ts';

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
    alpha: false,
    closedCaptions: false,
  },
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

describe('a whole audio track', () => {
  const spec: EncodeAudioSpec = {
    kind: 'encode-audio',
    source: SOURCE,
    audio: {
      ...{ index: 1, codec: 'ac3', channels: 6, sampleRate: 44_100, startMicros: 0, endMicros: 1 },
      ...{ language: null, title: null, isDefault: false },
    },
    ...{
      pairedWith: null,
      track: 'audio-0',
      codec: 'aac',
      bitrateKbps: 128,
      sampleRate: 48_000,
      channels: 2,
    },
    ...{ loudnessTarget: null, frameRate: { num: 25, den: 1 }, gopFrames: 50 },
    ...{ durationMicros: 60_000_000, endMicros: null },
  };
  const conformed =
    'aresample=48000:rematrix_maxval=1,aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=';
  const timed =
    'asettb=1/48000,asetpts=PTS-4000,aresample=48000:async=1:min_comp=0.00001:min_hard_comp=0.015:first_pts=0';
  const stereo = 'aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo[a]';
  const graph = (argv: string[]) => argv[argv.indexOf('-filter_complex') + 1];
  const input = sourceSound(spec, URL);

  test('as AAC', () => {
    expect(encodeAudioArgv(spec, input, null)).toEqual([
      ...QUIET,
      ...FENCE,
      ...['-copyts', '-i', URL, '-filter_complex'],
      `[0:a:1]${conformed}stereo,${timed},${stereo}`,
      ...['-map', '[a]', '-c:a', 'aac', '-b:a', '128k', '-ar', '48000', '-ac', '2'],
      ...STRIPPED,
      ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', '10'],
      ...['-movflags', '+empty_moov+default_base_moof+frag_discont+skip_trailer', '-frag_duration', '500000'],
      ...['-use_editlist', '0', '-f', 'mp4', 'pipe:3'],
    ]);
  });

  test('cut, made louder, its peaks held back', () => {
    const argv = encodeAudioArgv({ ...spec, endMicros: 1_500_000 }, input, { db: 9.5, limited: true });
    expect(graph(argv)).toBe(
      `[0:a:1]${conformed}stereo,${timed},atrim=end_sample=72000,volume=9.500dB:precision=float,aresample=192000,` +
        `alimiter=limit=0.707946:level=false:latency=true,aresample=48000,${stereo}`,
    );
  });

  test('two mono tracks as its ears', () => {
    const pairedWith = { ...spec.audio, index: 2 };
    const ear = (index: number, name: string) =>
      `[0:a:${index}]${conformed}mono,${timed},apad=whole_len=2880000[${name}]`;
    expect(graph(encodeAudioArgv({ ...spec, pairedWith }, input, null))).toBe(
      `${ear(1, 'left')};${ear(2, 'right')};` +
        `[left][right]join=inputs=2:channel_layout=stereo:map=0.0-FL|1.0-FR,${stereo}`,
    );
  });
});

test('a copy of the streams that count', () => {
  const streams = { videoIndex: 0, alpha: false, audioIndexes: [1, 2], subtitleIndexes: [0] };
  const copy = ['-c', 'copy', '-max_muxing_queue_size', '9999', '-dn'];
  const stripped = ['-map_metadata', '-1', '-map_chapters', '-1', '-fflags', '+bitexact'];
  expect(
    remuxArgv({ url: URL, demuxer: 'mov' }, streams, { muxer: 'mp4', file: '/scratch/source.mp4' }),
  ).toEqual([
    ...[...QUIET, ...FENCE, '-fflags', '+genpts', '-i', URL],
    ...['-map', '0:V:0', '-map', '0:a:1', '-map', '0:a:2', '-map', '0:s:0', ...copy, ...stripped],
    ...['-movflags', '+faststart', '-f', 'mp4', 'file:/scratch/source.mp4'],
  ]);
  const clear = { videoIndex: 0, alpha: true, audioIndexes: [], subtitleIndexes: [] };
  const file = '/scratch/source.mkv';
  expect(remuxArgv({ url: URL, demuxer: 'mov' }, clear, { muxer: 'matroska', file }).slice(-5)).toEqual([
    ...['-metadata:s:v:0', 'alpha_mode=1', '-f', 'matroska', `file:${file}`],
  ]);
});

test('a poster is looked for among keyframes first', () => {
  const spec: PosterSpec = {
    ...{ kind: 'poster', source: SOURCE, video: VIDEO, frameRate: VIDEO.frameRate, gopFrames: 60 },
    ...{ deinterlace: null, background: null },
    ...{ atMicros: 6_000_000, exact: false, width: 1_080, height: 1_920 },
  };
  const argv = posterArgv(spec, URL, 'bright-keyframe');
  expect(argv.join(' ')).toContain(`-skip_frame nokey -noaccurate_seek -ss 6.000333 -t 10 -i ${URL}`);
  expect(argv[argv.indexOf('-vf') + 1]).toContain('YAVG:value=28:function=greater,thumbnail=n=24');
  expect(posterArgv(spec, URL, 'any-frame').join(' ')).not.toContain('-ss');
});
