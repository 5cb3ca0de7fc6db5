import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { countFrames } from '../testing/decode.ts';
import type { FakeStorage } from '../testing/fake-storage.ts';
import type { FinishedJob } from '../testing/run-job.ts';
import { writeTrack } from '../testing/write-track.ts';

const stream = z.object({
  codec_type: z.string(),
  codec_name: z.string(),
  codec_tag_string: z.string(),
  width: z.number().optional(),
  height: z.number().optional(),
  pix_fmt: z.string().optional(),
  sample_aspect_ratio: z.string().optional(),
  avg_frame_rate: z.string(),
  channels: z.number().optional(),
  sample_rate: z.string().optional(),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_transfer: z.string().optional(),
  color_primaries: z.string().optional(),
  closed_captions: z.number().optional(),
  duration: z.coerce.number().optional(),
  tags: z.record(z.string(), z.string()).default({}),
});
export type FoundStream = z.infer<typeof stream>;

/** What a row's job made, and ways to look at it. */
export interface Outcome {
  job: FinishedJob;
  /** A file that a task stored, on disk. */
  file(name: string): Promise<string>;
  text(name: string): Promise<string>;
  /** A track as one file: its init and all its segments. */
  track(name: string): Promise<string>;
  streams(file: string): Promise<FoundStream[]>;
  frames(file: string): Promise<number>;
  /** Mean red, green and blue of the picture at a time, over a part of it (all, by default). */
  rgb(file: string, seconds: number, part?: string): Promise<number[]>;
  /** Frames that look woven from two moments, by ffmpeg's judgement. */
  wovenFrames(file: string): Promise<number>;
  /** Frames that show something else than the one before. */
  newFrames(file: string): Promise<number>;
  /** Integrated loudness in LUFS. */
  loudness(file: string): Promise<number>;
}

export function lookAt(storage: FakeStorage, folder: string, job: FinishedJob): Outcome {
  const keyOf = (name: string) => {
    const key = job.files.get(name);
    if (key === undefined) throw new Error(`no file ${name}: ${[...job.files.keys()].join(', ')}`);
    return key;
  };
  const bytesOf = (name: string) => storage.objects.get(keyOf(name)) ?? Buffer.alloc(0);
  return {
    job,
    async file(name) {
      const file = join(folder, `${storage.objects.size}-${name.replaceAll('/', '-')}`);
      await writeFile(file, bytesOf(name));
      return file;
    },
    text: async (name) => bytesOf(name).toString('utf8'),
    async track(name) {
      const file = join(folder, `${storage.objects.size}-${name}.track.mp4`);
      await writeTrack(storage, job, name, file);
      return file;
    },
    async streams(file) {
      const argv = ['-v', 'error', '-show_streams', '-of', 'json', file];
      const { stdout } = await execa('ffprobe', argv);
      return z.object({ streams: z.array(stream) }).parse(JSON.parse(stdout)).streams;
    },
    frames: countFrames,
    async rgb(file, seconds, part = 'iw:ih:0:0') {
      const filter = `crop=${part},scale=in_color_matrix=bt709:in_range=tv:flags=accurate_rnd+full_chroma_int,format=rgb24`;
      const { stdout } = await execa(
        'ffmpeg',
        [
          ...['-nostdin', '-v', 'error', '-ss', String(seconds), '-i', file],
          ...['-frames:v', '1', '-vf', filter, '-f', 'rawvideo', '-'],
        ],
        { encoding: 'buffer' },
      );
      const sums = [0, 0, 0];
      for (const [i, value] of stdout.entries()) sums[i % 3] = (sums[i % 3] ?? 0) + value;
      return sums.map((sum) => Math.round(sum / (stdout.length / 3)));
    },
    async wovenFrames(file) {
      const { stderr } = await execa('ffmpeg', [
        ...[
          '-nostdin',
          '-hide_banner',
          '-nostats',
          '-i',
          file,
          '-map',
          '0:v:0',
          '-vf',
          'idet',
          '-f',
          'null',
          '-',
        ],
      ]);
      const counts = /Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+)/.exec(stderr);
      return Number(counts?.[1]) + Number(counts?.[2]);
    },
    async newFrames(file) {
      const argv = [
        '-nostdin',
        '-v',
        'error',
        '-i',
        file,
        '-map',
        '0:v:0',
        '-vf',
        'mpdecimate',
        '-vsync',
        'vfr',
      ];
      const { stdout } = await execa('ffmpeg', [...argv, '-f', 'framecrc', '-']);
      return stdout.split('\n').filter((line) => /^\d/.test(line)).length;
    },
    async loudness(file) {
      const { stderr } = await execa('ffmpeg', [
        ...['-nostdin', '-hide_banner', '-nostats', '-i', file, '-map', '0:a:0'],
        ...['-af', 'ebur128', '-f', 'null', '-'],
      ]);
      return Number(/I:\s+(-?[\d.]+) LUFS\s+Threshold/.exec(stderr)?.[1] ?? Number.NaN);
    },
  };
}
