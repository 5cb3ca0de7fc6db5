import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { expect, test } from 'vitest';
import { cascadeBaseline, sequentialBaseline, splitBaseline } from './baseline-argv.ts';
import { BENCH_PROFILE } from './bench-profile.ts';
import { engineSettings } from './engine-settings.ts';
import { wholePlan } from './whole-plan.ts';

const plan = wholePlan(describe1080p(), BENCH_PROFILE, 2);

test('the whole is one open chunk of everything, and the chunks are those of the planner', () => {
  expect(plan.chunks.length).toBeGreaterThan(2);
  expect(plan.video.chunk).toMatchObject({ startFrame: 0, frames: null });
  expect(plan.video.chunk.segmentFrames.reduce((sum, frames) => sum + frames, 0)).toBe(60 * 25);
});

test('what a rendition is encoded with is what the engine says', () => {
  const { renditions, cascade } = engineSettings(plan.video);
  expect(renditions.map(({ rendition }) => rendition.name)).toEqual(['1080p', '720p', '480p']);
  for (const { encoder, filters, rendition } of renditions) {
    expect(encoder.slice(0, 6)).toEqual(['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23']);
    expect(encoder).toContain(`${rendition.maxBitrateKbps}k`);
    expect(encoder).not.toContain('-sn');
    expect(filters).toContain(`scale=${rendition.width}:${rendition.height}`);
  }
  expect(cascade).toContain('[v2]');
});

test('one process decodes once and gives every rendition its own settings', () => {
  for (const { commands, files } of [
    splitBaseline('in.mp4', '/to', plan),
    cascadeBaseline('in.mp4', '/to', plan),
  ]) {
    const [encode = [], ...copies] = commands;
    expect(encode.filter((word) => word === '-i')).toHaveLength(1);
    expect(encode[encode.indexOf('-crf:v:2') + 1]).toBe('23');
    expect(encode[encode.indexOf('-maxrate:v:2') + 1]).toBe(`${plan.video.renditions[2]?.maxBitrateKbps}k`);
    expect(copies).toHaveLength(3);
    expect([...files.values()]).toEqual(['/to/1080p.mp4', '/to/720p.mp4', '/to/480p.mp4']);
  }
  expect(splitBaseline('in.mp4', '/to', plan).commands[0]?.join(' ')).toContain('split=3[s0][s1][s2];[s0]');
});

test('one process for each rendition decodes and encodes sound each time', () => {
  const { commands } = sequentialBaseline('in.mp4', '/to', plan);
  expect(commands).toHaveLength(6);
  expect(commands.filter((command) => command.includes('-c:a'))).toHaveLength(3);
});

function describe1080p(): MediaInfo {
  const endMicros = 60_000_000;
  return {
    source: { key: 'uploads/film', sizeBytes: 1, etag: 'e' },
    ...{ demuxer: 'mov', uploadedFormat: 'mov', containerStartMicros: 0, originMicros: 0 },
    ...{ durationMicros: endMicros, bitrateKbps: null, subtitles: [], skipped: [], digest: null },
    video: {
      ...{ index: 0, codec: 'h264', pixelFormat: 'yuv420p', codedWidth: 1920, codedHeight: 1080 },
      ...{ sampleAspectRatio: { num: 1, den: 1 }, rotation: 0, width: 1920, height: 1080 },
      ...{ frameRate: { num: 25, den: 1 }, variableFrameRate: false, startMicros: 0, endMicros },
      ...{ endMeasured: true, colorTransfer: null, colorPrimaries: null, colorSpace: null },
      ...{ colorRange: null, fieldOrder: null, alpha: false, closedCaptions: false },
    },
    audio: [
      {
        ...{ index: 0, codec: 'aac', channels: 2, sampleRate: 48_000, startMicros: 0, endMicros },
        ...{ language: null, title: null, isDefault: true },
      },
    ],
  };
}
