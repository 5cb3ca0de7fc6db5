import { z } from 'zod';

/*
 * What a worker of the last release reads of a task and says of it. It is written down here once more, and not taken
 * from shared, so that it stays as it was when shared goes on.
 */

const renditions = z.array(z.object({ name: z.string(), codec: z.string() })).min(1);

/** The parts of each specification that its messages are made of. */
export const releasedSpec = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('analyze'), source: z.object({ key: z.string(), etag: z.string() }) }),
  z.object({
    kind: z.literal('encode-video'),
    renditions,
    chunk: z.object({ firstSegment: z.int(), segmentFrames: z.array(z.int()) }),
  }),
  z.object({ kind: z.literal('encode-audio'), track: z.string(), codec: z.string(), sampleRate: z.int() }),
  z.object({ kind: z.literal('poster'), width: z.int(), height: z.int() }),
  z.object({ kind: z.literal('subtitles'), track: z.string(), segments: z.int() }),
  z.object({ kind: z.literal('storyboard'), rendition: z.object({ name: z.string() }) }),
  z.object({ kind: z.literal('measure-quality'), renditions, frames: z.int() }),
  z.object({ kind: z.literal('assemble'), name: z.string() }),
]);
type ReleasedSpec = z.infer<typeof releasedSpec>;

/** Heartbeat and Completed, in the JSON of the release. */
export function wordsOf(spec: ReleasedSpec, mediaInfo: object): { heartbeat: object; result: object } {
  const silent = { workDone: '1', inits: [], segments: [] };
  switch (spec.kind) {
    case 'analyze':
      return { heartbeat: silent, result: { kind: 'analyze', mediaInfo, build: 'ffmpeg of the release' } };
    case 'encode-video': {
      const { firstSegment, segmentFrames } = spec.chunk;
      const tracks = spec.renditions.map(({ name }) => name);
      const frames = segmentFrames.reduce((sum, count) => sum + count, 0);
      return {
        heartbeat: announcing(tracks, firstSegment, segmentFrames, 'avc1.64001f'),
        result: { kind: 'encode-video', frames, segments: segmentFrames.length, encoder: 'libx264' },
      };
    }
    case 'encode-audio': {
      const samples = [spec.sampleRate * 6, spec.sampleRate * 6];
      return {
        heartbeat: announcing([spec.track], 0, samples, 'mp4a.40.2'),
        result: { kind: 'encode-audio', samples: spec.sampleRate * 12, segments: 2, encoder: 'aac' },
      };
    }
    case 'poster': {
      const { width, height } = spec;
      return {
        heartbeat: silent,
        result: { kind: 'poster', name: 'poster.jpg', width, height, sizeBytes: 10 },
      };
    }
    case 'subtitles': {
      const pieces = Array.from(
        { length: spec.segments },
        (_, i) => `${spec.track}/${String(i).padStart(5, '0')}.vtt`,
      );
      const files = [`${spec.track}.vtt`, ...pieces].map((name) => ({ name, sizeBytes: 20 }));
      return { heartbeat: silent, result: { kind: 'subtitles', cues: 3, files } };
    }
    case 'storyboard': {
      const files = ['storyboard.vtt', 'storyboard-000.jpg'].map((name) => ({ name, sizeBytes: 30 }));
      return { heartbeat: silent, result: { kind: 'storyboard', pictures: 5, files } };
    }
    case 'measure-quality': {
      const measured = { frames: spec.frames, ssim: 0.98, psnr: 40, vmaf: null };
      const all = spec.renditions.map(({ name }) => ({ name, ...measured }));
      return { heartbeat: silent, result: { kind: 'measure-quality', renditions: all } };
    }
    case 'assemble': {
      const size = { sizeBytes: 1_000_000, frames: 300, durationMicros: 12_000_000, bitrateKbps: 666 };
      return { heartbeat: silent, result: { kind: 'assemble', name: spec.name, ...size } };
    }
    default:
      return spec satisfies never;
  }
}

function announcing(tracks: string[], first: number, lengths: number[], codecs: string) {
  const sha256 = 'f'.repeat(64);
  return {
    workDone: '1',
    inits: tracks.map((track) => ({
      ...{ track, name: `${track}/init.mp4`, sha256, sizeBytes: '700', codecs, width: 1280, height: 720 },
    })),
    segments: tracks.flatMap((track) =>
      lengths.map((length, i) => {
        const number = first + i;
        const name = `${track}/${String(number).padStart(5, '0')}.m4s`;
        return { track, number, name, sizeBytes: '1000', length: String(length), initSha256: sha256 };
      }),
    ),
  };
}
