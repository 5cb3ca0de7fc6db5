import { existsSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../deploy/local/stack/repository-root.ts';
import { madeOnce } from '../media/made-once.ts';
import { NPM_CLIPS, npmClip } from '../media/npm-clip.ts';
import { runProgram } from '../media/run-program.ts';

/** Clips that may lie beside the checkout: 1080p in H.264 and in HEVC. */
const BESIDE = path.resolve(repositoryRoot, '../shared/media');
const NAMES = ['video.mp4', 'video-h265.mp4'];

const LONGEST_SECONDS = 30;

export interface RealClip {
  name: string;
  file: string;
}

/** Three real clips, cut to so many seconds by stream copy. */
export async function realClips(seconds = LONGEST_SECONDS): Promise<RealClip[]> {
  const beside = NAMES.map((name) => ({ name, file: path.join(BESIDE, name) }));
  const others = beside.every(({ file }) => existsSync(file))
    ? beside
    : [await npm('franck'), await npm('capture')];
  const clips: RealClip[] = [];
  for (const { name, file: clip } of [await npm('tailor'), ...others]) {
    const file = await madeOnce(`clip-${seconds}s.mp4`, [clip, seconds], (draft) =>
      runProgram('ffmpeg', [
        ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-i', clip, '-map', '0:V:0'],
        ...['-c', 'copy', '-t', String(seconds), draft],
      ]),
    );
    clips.push({ name, file });
  }
  return clips;
}

async function npm(name: keyof typeof NPM_CLIPS): Promise<RealClip> {
  const { package: from, path: inside } = NPM_CLIPS[name];
  return { name: `${path.basename(inside)} of ${from}`, file: await npmClip(name) };
}
