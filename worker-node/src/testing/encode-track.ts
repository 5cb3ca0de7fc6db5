import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AudioStreamInfo } from '@millrace/shared/media/media-info.ts';
import { initName } from '@millrace/shared/task/outputs.ts';
import type { EncodeAudioSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { encodeAudio } from '../worker/tasks/encode-audio.ts';
import { type FakeAttempt, fakeAttempt } from './fake-attempt.ts';
import type { FakeStorage } from './fake-storage.ts';
import type { TestTools } from './test-tools.ts';

/** One track as published: all its bytes in a file, as a player has them. */
export interface EncodedTrack {
  file: string;
  result: ResultOf<'encode-audio'>;
  attempt: FakeAttempt<EncodeAudioSpec>;
}

/** Makes a source with ffmpeg. */
export async function makeSound(scratch: string, name: string, argv: readonly string[]): Promise<string> {
  const file = join(await mkdtemp(join(scratch, 'sound-')), name);
  await execa('ffmpeg', ['-nostdin', '-v', 'error', ...argv, '-y', file]);
  return file;
}

/** Encodes an audio stream of a file, as stereo AAC from its start to its end unless `asked` says otherwise. */
export async function encodeTrack(
  storage: FakeStorage,
  { tools, scratch }: Pick<TestTools, 'tools' | 'scratch'>,
  file: string,
  stream: Partial<AudioStreamInfo>,
  { originMicros = 0, ...asked }: Partial<EncodeAudioSpec> & { originMicros?: number } = {},
): Promise<EncodedTrack> {
  const number = storage.objects.size;
  const bytes = await readFile(file);
  const key = `uploads/project-1/${number}/${basename(file)}`;
  storage.objects.set(key, bytes);
  const audio = audioStream(stream);
  const demuxer = file.endsWith('.mkv') ? 'matroska' : 'mov';
  const spec: EncodeAudioSpec = {
    kind: 'encode-audio',
    source: {
      ...{ key, sizeBytes: bytes.length, etag: storage.etag(key), demuxer },
      ...{ containerStartMicros: 0, originMicros },
    },
    ...{ audio, pairedWith: null, track: 'audio-0', codec: 'aac', bitrateKbps: 128 },
    ...{ sampleRate: 48_000, channels: 2, loudnessTarget: null },
    ...{ frameRate: { num: 25, den: 1 }, gopFrames: 50, durationMicros: audio.endMicros, endMicros: null },
    ...asked,
  };
  const inputs = new Map([['source', key]]);
  const attempt = await fakeAttempt(storage, scratch, spec, { taskId: `sound-${number}`, inputs });
  const result = await encodeAudio(attempt.ctx, tools);
  const names = [initName(spec.track), ...attempt.segments.map((segment) => segment.name)];
  const published = names.map((name) => storage.objects.get(attempt.key(name)) ?? Buffer.alloc(0));
  const track = join(attempt.ctx.scratchDir, 'track.mp4');
  await writeFile(track, Buffer.concat(published));
  return { file: track, result, attempt };
}

export function audioStream(stream: Partial<AudioStreamInfo>): AudioStreamInfo {
  return {
    ...{
      index: 0,
      codec: 'pcm_s16le',
      channels: 2,
      sampleRate: 48_000,
      startMicros: 0,
      endMicros: 4_000_000,
    },
    ...{ language: null, title: null, isDefault: false },
    ...stream,
  };
}
