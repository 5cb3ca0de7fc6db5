import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import { isRetryable } from '@millrace/shared/task/failure-codes.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TaskFailure } from '../../task-failure.ts';
import { clip } from '../../testing/clips.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { analyzeFile, runJob, SMALL_PROFILE } from '../../testing/run-job.ts';
import { sharedClips } from '../../testing/shared-clips.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

/** The code a file fails with in `analyze`, or null. */
async function codeOf(file: string): Promise<FailureCode | null> {
  try {
    await analyzeFile(storage, env, file);
    return null;
  } catch (error) {
    if (error instanceof TaskFailure) return error.code;
    throw error;
  }
}

async function fileOf(name: string, bytes: Buffer | string): Promise<string> {
  const file = join(env.scratch, name);
  await writeFile(file, bytes);
  return file;
}

async function made(name: string, argv: readonly string[]): Promise<string> {
  const file = join(env.scratch, name);
  await execa('ffmpeg', ['-nostdin', '-v', 'error', ...argv, '-y', file]);
  return file;
}

describe('a source that cannot be used says why', () => {
  test('a playlist in disguise opens nothing', async () => {
    const inner = await clip('portrait');
    const storageHits = storage.requests.length;
    const hls = `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${storage.url('inner')}\n#EXT-X-ENDLIST\n`;
    expect(await codeOf(await fileOf('hls.mp4', hls))).toBe('unsupported_format');
    expect(await codeOf(await fileOf('concat.mp4', `ffconcat version 1.0\nfile ${inner}\n`))).toBe(
      'unsupported_format',
    );
    expect(storage.requests.slice(storageHits).filter((request) => request.includes('inner'))).toEqual([]);
  });

  test('text', async () => {
    expect(await codeOf(await fileOf('notes.mp4', 'just some notes\n'.repeat(100)))).toBe(
      'unsupported_format',
    );
  });

  test('a codec that is on no list, in each container', async () => {
    const from = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:duration=0.2', '-c:v'];
    for (const [name, codec] of [
      ['magic.mkv', 'magicyuv'],
      ['magic.avi', 'magicyuv'],
      ['animation.mov', 'qtrle'],
      ['utvideo.mkv', 'utvideo'],
      ['old.avi', 'cinepak'],
    ] as const) {
      expect(await codeOf(await made(name, [...from, codec]))).toBe('unsupported_codec');
    }
  });

  test('too many streams', async () => {
    const video = ['-f', 'lavfi', '-i', 'testsrc2=size=32x32:duration=0.1', '-c:v', 'libx264'];
    for (const [count, name] of [
      [60, 'streams.mkv'],
      [60, 'streams.ts'],
      [300, 'streams.mov'],
    ] as const) {
      const maps = Array.from({ length: count }, () => ['-map', '0:v']).flat();
      const copies = await made(name, ['-i', await made('one.mp4', video), ...maps, '-c', 'copy']);
      expect(await codeOf(copies), name).toBe('source_exceeds_limits');
    }
  });

  test('too many pixels', async () => {
    const video = ['-f', 'lavfi', '-i', 'color=size=8192x8192:duration=0.04', '-c:v', 'mjpeg'];
    expect(await codeOf(await made('huge.mov', video))).toBe('source_exceeds_limits');
  });

  test('a few kilobytes of PNG that claim 16,000 × 16,000, as a film and as cover art', async () => {
    const png = await fileOf('huge.png', hugePng());
    const film = await made('huge-png.mkv', ['-i', png, '-c', 'copy']);
    expect((await stat(film)).size).toBeLessThan(1_000_000);
    expect(await codeOf(film)).toBe('unsupported_codec');
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=1', '-i', png, '-map', '0', '-map', '1'];
    const cover = ['-c:v', 'copy', '-disposition:v:0', 'attached_pic'];
    const info = await analyzeFile(storage, env, await made('huge-cover.m4a', [...sound, ...cover]));
    expect(info).toMatchObject({ video: null, audio: [{ codec: 'aac' }] });
  });

  test('ffprobe reports no size instead of failing above the limit: no size is too many pixels', async () => {
    const file = await made('nine.mov', [
      '-f',
      'lavfi',
      '-i',
      'color=size=9000x9000:duration=0.04',
      '-c:v',
      'mjpeg',
    ]);
    await expect(analyzeFile(storage, env, file)).rejects.toMatchObject({
      code: 'source_exceeds_limits',
      message: expect.stringContaining('0 × 0'),
    });
  });

  test('too long', async () => {
    const video = ['-f', 'lavfi', '-i', 'color=size=32x32:rate=1/20000:duration=40000', '-c:v', 'libx264'];
    expect(await codeOf(await made('long.mp4', video))).toBe('source_exceeds_limits');
  });

  test('two frames in four kilobytes that last ten hours at thirty a second', async () => {
    const pictures = ['-f', 'lavfi', '-i', 'color=size=32x32:rate=30:duration=0.1', '-c:v', 'libx264'];
    const far = ['-vf', 'setpts=N*36000/TB', '-vsync', 'vfr', '-frames:v', '2'];
    for (const name of ['far.mp4', 'far.mkv']) {
      const file = await made(name, [...pictures, ...far]);
      expect((await stat(file)).size).toBeLessThan(5_000);
      expect(await codeOf(file), name).toBe('source_exceeds_limits');
    }
  });

  test('cut off: faststart MP4 at any length, MP4 with its index at the end, Matroska', async () => {
    for (const name of ['faststart', 'ntsc', 'matroska'] as const) {
      const whole = await readFile(await clip(name));
      for (const share of [0.2, 0.6, 0.97]) {
        const cut = whole.subarray(0, Math.floor(whole.length * share));
        expect(await codeOf(await fileOf(`cut-${share}-${name}`, cut)), `${share} of ${name}`).toBe(
          'source_truncated',
        );
      }
    }
  });

  test('subtitles and sound we cannot decode beside sound we can are no obstacle', async () => {
    const from = ['-i', await clip('ntsc'), '-t', '1'];
    const subtitles = await fileOf('line.srt', '1\n00:00:00,000 --> 00:00:01,000\nhello\n');
    const both = ['-i', subtitles, '-map', '0:v', '-map', '0:a', '-map', '0:a', '-map', '1'];
    const codecs = [
      '-c:v',
      'copy',
      '-c:a:0',
      'dca',
      '-strict',
      '-2',
      '-ac',
      '2',
      '-c:a:1',
      'aac',
      '-c:s',
      'srt',
    ];
    const info = await analyzeFile(storage, env, await made('subtitled.mkv', [...from, ...both, ...codecs]));
    expect(info.audio.map((track) => [track.index, track.codec])).toEqual([[1, 'aac']]);
  });
});

/** Black, one bit a pixel. */
function hugePng(): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
  };
  const header = Buffer.from('00003e8000003e800100000000', 'hex');
  const rows = deflateSync(Buffer.alloc(16_000 * (1 + 16_000 / 8)));
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const codesOfBrokenFiles = new Map<string, FailureCode | null>([
  ['annex-b.mp4', 'source_truncated'],
  ['bipbop_audioinit.mp4', 'nothing_to_encode'],
  ['chunk_out_of_range.mp4', 'source_unreadable'],
  ['invalid_userdata.mp4', 'source_truncated'],
  ['no_timescale.mp4', null],
  ['short-cenc.mp4', 'source_encrypted'],
  ['sine-3s-xhe-aac-44khz-mono.mp4', 'source_unreadable'],
  ['test_case_1185230.mp4', 'decode_failed'],
  ['zero_empty_stsc.mp4', 'source_truncated'],
]);

test.each([...sharedClips('broken')])(
  '%s ends in a permanent code, or in honest output',
  async (name, file) => {
    const outcome = await runJob(storage, env, file).catch((error: unknown) => error);
    if (!(outcome instanceof Error)) {
      expect(codesOfBrokenFiles.get(name) ?? null).toBeNull();
      return;
    }
    if (!(outcome instanceof TaskFailure)) throw outcome;
    expect(isRetryable(outcome.code)).toBe(false);
    expect(outcome.code).toBe(codesOfBrokenFiles.get(name) ?? outcome.code);
    expect(outcome.message).not.toContain('http://');
  },
);

test('rotation, square pixels, frame rate and cover art are read as a player reads them', async () => {
  const rotated = await analyzeFile(storage, env, await clip('rotated'));
  expect(rotated.video).toMatchObject({ rotation: 90, width: 160, height: 90, codedWidth: 90 });
  const wide = await analyzeFile(storage, env, await clip('wide'));
  expect(wide.video).toMatchObject({ width: 320, height: 120, sampleAspectRatio: { num: 2, den: 1 } });
  const film = await analyzeFile(storage, env, await clip('film'));
  expect(film.video).toMatchObject({ frameRate: { num: 24_000, den: 1_001 }, variableFrameRate: false });
  const cover = await analyzeFile(storage, env, await clip('coverArt'));
  expect(cover.video).toMatchObject({ codec: 'h264', width: 160 });
});

test('a container that cannot seek exactly is copied, and the copy is the source from then on', async () => {
  const info = await analyzeFile(storage, env, await clip('transportStream'));
  expect(info.uploadedFormat).toBe('mpegts');
  expect(info.demuxer).toBe('mov');
  const copy = storage.objects.get(info.source.key);
  expect(copy?.length).toBe(info.source.sizeBytes);
  expect(storage.etag(info.source.key)).toBe(info.source.etag);
});

test('a copy whose ETag got lost with storage’s answer is left to another attempt', async () => {
  storage.fault = (request, _response, key) => {
    if (request.method !== 'PUT') return false;
    request.resume().on('end', () => {
      storage.objects.set(key, Buffer.alloc(1));
      request.socket.destroy();
    });
    storage.fault = () => false;
    return true;
  };
  const code = await codeOf(await clip('transportStream'));
  expect(code).toBe('storage_unavailable');
  expect(code && isRetryable(code)).toBe(true);
  expect(await codeOf(await clip('transportStream'))).toBeNull();
});

test('a title and a place in the metadata do not get into what is published', async () => {
  const named = ['-c', 'copy', '-metadata', 'title=Holiday', '-metadata', 'location=+48.2+16.37/'];
  const job = await runJob(storage, env, await made('named.mp4', ['-i', await clip('short'), ...named]));
  for (const key of [...job.mp4.map((mp4) => mp4.key), ...[...job.tracks.values()].map((t) => t.initKey)]) {
    const text = storage.objects.get(key)?.toString('latin1') ?? '';
    expect(text).not.toContain('Holiday');
    expect(text).not.toContain('+48.2');
  }
});

describe('the smallest and the longest', () => {
  test.each([
    ['oneFrame', 1],
    ['short', 5],
    ['onePixel', 25],
    ['hundredTwenty', 360],
  ] as const)('%s becomes a film of %i frames', async (name, frames) => {
    const job = await runJob(storage, env, await clip(name));
    expect(job.video.reduce((sum, { frames }) => sum + frames, 0)).toBe(frames);
    expect(job.plan.renditions.every(({ width, height }) => width >= 2 && height >= 2)).toBe(true);
    expect(job.mp4.length).toBe(job.plan.renditions.length);
  });

  test('three hours are planned to the frame', async () => {
    const video = [
      '-f',
      'lavfi',
      '-i',
      'color=size=32x32:rate=1:duration=10800',
      '-c:v',
      'libx264',
      '-preset',
    ];
    const mediaInfo = await analyzeFile(storage, env, await made('three.mp4', [...video, 'ultrafast']));
    expect(mediaInfo.durationMicros).toBe(3 * 3_600 * 1_000_000);
    const outcome = planJob({ mediaInfo, profile: SMALL_PROFILE, fleet: { slots: 8 }, sidecars: [] });
    if (!outcome.planned) throw new Error(outcome.message);
    expect(outcome.plan.totalFrames).toBe(10_800);
    const chunks = outcome.tasks.flatMap(({ spec }) => (spec.kind === 'encode-video' ? [spec.chunk] : []));
    const frames = chunks.flatMap(({ segmentFrames }) => segmentFrames);
    expect(frames.reduce((sum, length) => sum + length, 0)).toBe(10_800);
  });

  test('pictures that change once in ten seconds keep their length', async () => {
    const video = [
      '-f',
      'lavfi',
      '-i',
      'color=size=32x32:rate=1/10:duration=3600',
      '-c:v',
      'libx264',
      '-preset',
    ];
    const info = await analyzeFile(storage, env, await made('slides.mp4', [...video, 'ultrafast']));
    expect(info.video).toMatchObject({ variableFrameRate: true, frameRate: { num: 24_000, den: 1_001 } });
    expect(info.durationMicros).toBe(3_600_000_000);
  });
});

test('where a phone was is in nothing that is made of its film', async () => {
  const job = await runJob(storage, env, await clip('phone'));
  expect(job.mediaInfo.video).toMatchObject({ codec: 'hevc', rotation: 90, width: 96, height: 160 });
  for (const key of [...storage.objects.keys()].filter((key) => key.startsWith('objects/'))) {
    expect(storage.objects.get(key)?.includes('+48.2082'), key).toBe(false);
  }
});
