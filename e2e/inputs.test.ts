import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../scripts/demo/api.ts';
import { CLIPS, HAVE_CLIPS, makeClip, probe, testPicture } from './media.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { completed, transcode } from './transcode.ts';

/* Every input becomes a completed job whose files hold what the plan said, or fails with a word that fits. */

let t: TestStack;

beforeAll(async () => {
  t = await startTestStack({ workers: 2 });
});
afterAll(() => t?.stop());

interface Made {
  name: string;
  args: string[];
  /** Sizes of all renditions, largest first. */
  sizes: string[];
}

const MADE: Made[] = [
  {
    name: 'landscape.mp4',
    args: testPicture({ seconds: 5, size: '1280x720' }),
    sizes: ['1280x720', '854x480'],
  },
  {
    name: 'portrait.mp4',
    args: testPicture({ seconds: 3, size: '720x1280' }),
    sizes: ['720x1280', '480x854'],
  },
  { name: 'ntsc.mkv', args: testPicture({ seconds: 7, rate: '30000/1001' }), sizes: ['640x480'] },
  { name: 'silent.mp4', args: testPicture({ seconds: 3, sound: false }), sizes: ['640x480'] },
  { name: 'small.mp4', args: testPicture({ seconds: 3, size: '320x180' }), sizes: ['320x180'] },
  {
    name: 'one-frame.mp4',
    args: [...testPicture({ seconds: 1, sound: false }), '-frames:v', '1'],
    sizes: ['640x480'],
  },
  { name: 'short.mp4', args: testPicture({ seconds: 0.2 }), sizes: ['640x480'] },
  { name: 'odd name & sign.mp4', args: testPicture({ seconds: 2 }), sizes: ['640x480'] },
  { name: 'broadcast.ts', args: testPicture({ seconds: 5 }), sizes: ['640x480'] },
];

test.each(MADE)('a made clip: $name', async ({ name, args, sizes }) => {
  const file = await makeClip(path.join(t.folder, name), args);
  const job = completed(await transcode(t, file));
  expect(job.renditions.map((r) => `${r.width}x${r.height}`)).toEqual(sizes);
  await expectHonest(job);
});

/** Largest rendition of each real clip. */
const REAL: Record<string, string> = {
  'cursed-vfr.mp4': '2358x1080',
  'edts.mp4': '854x480',
  'frames.webm': '1080x1080',
  'h264_white_frame_sar_16_9.mp4': '1138x480',
  'hevc.ts': '1920x1080',
  'no-initial-keyframe.ts': '626x352',
  'rotate-buck-bunny.mp4': '1080x1920',
  'sar_2x1.mp4': '1280x360',
  'tiny_av1.mp4': '64x64',
  'transparency.webm': '1280x720',
  'video.mp4': '1920x1080',
  'video-h265.mp4': '1920x1080',
  'video_colr_nclx_hdr10.mp4': '2x2',
  'video_colr_nclx_hlg.mp4': '2x2',
  'video_rotation_90.mp4': '60x100',
};

if (HAVE_CLIPS)
  describe('real clips', () => {
    test.each(Object.entries(REAL))('%s', async (name, size) => {
      const job = completed(await transcode(t, path.join(CLIPS, name)));
      expect(`${job.renditions[0]?.width}x${job.renditions[0]?.height}`).toBe(size);
      await expectHonest(job);
    });

    const BROKEN = readdirSync(path.join(CLIPS, 'broken'));
    test.each(BROKEN)('broken/%s ends, and says why', async (name) => {
      const job = await transcode(t, path.join(CLIPS, 'broken', name));
      if (job.status === 'completed') return expectHonest(job);
      const tasks = await t.rows<{ failures: number; failure_code: string }>(
        `select failures, failure_code from tasks where job_id = $1 and state = 'failed'`,
        [job.id],
      );
      expect({ file: name, status: job.status, code: job.error?.code, tasks }).toEqual({
        file: name,
        status: 'failed',
        code: expect.stringMatching(/^(source_|unsupported_|nothing_to_encode|decode_failed)/),
        tasks: [{ failures: 1, failure_code: job.error?.code }],
      });
    });

    test.each(['ac3.ts', 'multiple-aac-tracks.mp4'])(
      '%s, sound alone, becomes HLS and an M4A of each track',
      async (name) => {
        const job = completed(await transcode(t, path.join(CLIPS, name)));
        expect(job.renditions).toEqual([]);
        expect(job.audio.length).toBeGreaterThan(0);
        for (const track of job.audio) {
          const file = await probe(await t.api.signDownload(track.output_key ?? ''));
          expect(Math.abs((file.audioSeconds ?? 0) - (job.source?.duration_seconds ?? 0))).toBeLessThan(0.1);
        }
      },
    );
  });

test('workers outlive every input', async () => {
  const health = await Promise.all(t.stack.workers.map((worker) => fetch(`${worker.url}/healthz`)));
  expect(health.map((response) => response.status)).toEqual([200, 200]);
});

/** The MP4 of every rendition holds the frames that the segments announced, and sound as long as the source's. */
async function expectHonest(job: Job): Promise<void> {
  const [row] = await t.rows<{
    frames: string;
    planned: string;
    num: string;
    den: string;
    audio_end: string | null;
  }>(
    `select (select sum(length) from segments where job_id = j.id and track = $2) as frames,
            j.plan ->> 'totalFrames' as planned, j.plan #>> '{frameRate,num}' as num, j.plan #>> '{frameRate,den}' as den,
            (j.media_info #>> '{audio,0,endMicros}')::bigint - (j.media_info ->> 'originMicros')::bigint as audio_end
     from jobs j where id = $1`,
    [job.id, job.renditions[0]?.resolution],
  );
  const frames = Number(row?.frames);
  const frameSeconds = Number(row?.den) / Number(row?.num);
  expect(Math.abs(frames - Number(row?.planned))).toBeLessThanOrEqual(1);
  for (const rendition of job.renditions) {
    const file = await probe(await t.api.signDownload(rendition.output_key ?? ''));
    expect({ ...file, videoSeconds: 0, audioSeconds: 0 }).toEqual({
      ...{ width: rendition.width, height: rendition.height, frames },
      ...{ videoSeconds: 0, audioSeconds: 0 },
    });
    expect(Math.abs(file.videoSeconds - frames * frameSeconds)).toBeLessThan(frameSeconds);
    if (row?.audio_end === null || row?.audio_end === undefined) expect(file.audioSeconds).toBeNull();
    else
      expect(Math.abs((file.audioSeconds ?? 0) - Number(row.audio_end) / 1e6)).toBeLessThan(
        frameSeconds + 0.02,
      );
  }
}
