import { madeOnce } from './made-once.ts';
import { npmClip } from './npm-clip.ts';
import { runProgram } from './run-program.ts';

const QUIET = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'];
const CLIP_SECONDS = 30;

/** What a film is made of: the pictures of the clip as these arguments encode them. */
export interface FilmRecipe {
  name: string;
  video: readonly string[];
}

/** 1080p as an editor would hand it over: good quality, keyframes wherever the encoder wants them. */
export const DELIVERED: FilmRecipe = {
  name: 'delivered',
  video: [
    '-vf',
    'scale=1920:1080:flags=lanczos',
    '-c:v',
    'libx264',
    '-preset',
    'medium',
    '-crf',
    '18',
    '-g',
    '250',
  ],
};

/** 1080p as a phone or a screen recorder would send it: few bits, so that half an hour is a file of ordinary size. */
export const SENT: FilmRecipe = {
  name: 'sent',
  video: [
    '-vf',
    'scale=1920:1080:flags=bicubic',
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '30',
    '-g',
    '250',
  ],
};

/** Hardly any pictures, for what is about sound or about cutting alone. */
export const TINY: FilmRecipe = {
  name: 'tiny',
  video: ['-vf', 'scale=160:90,fps=12', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '24'],
};

/**
 * A film of so many seconds, faststart MP4: a real clip of half a minute, encoded once and repeated by stream copy. A
 * repetition begins with a keyframe, like a hard cut.
 */
export async function film(recipe: FilmRecipe, seconds: number): Promise<string> {
  const clip = await npmClip('tailor');
  const times = String(Math.ceil(seconds / CLIP_SECONDS));
  const pictures = await madeOnce(`${recipe.name}-pictures.mp4`, [clip, recipe], (file) =>
    runProgram('ffmpeg', [...QUIET, '-i', clip, '-an', ...recipe.video, '-pix_fmt', 'yuv420p', file]),
  );
  const sound = await madeOnce('sound.m4a', [clip], (file) =>
    runProgram('ffmpeg', [...QUIET, '-i', clip, '-vn', '-c:a', 'copy', file]),
  );
  const loop = (file: string) => ['-stream_loop', times, '-i', file];
  return await madeOnce(`${recipe.name}-${seconds}s.mp4`, [pictures, sound, seconds], (file) =>
    runProgram('ffmpeg', [
      ...[...QUIET, ...loop(pictures), ...loop(sound), '-map', '0:v:0', '-map', '1:a:0'],
      ...['-c', 'copy', '-t', String(seconds), '-movflags', '+faststart', file],
    ]),
  );
}

const PIECE_SECONDS = 4;

/**
 * A silent film that is one piece of 4 s over and over, 25 frames a second with a keyframe every two seconds: any 4 s
 * of it from a keyframe on are as much work as any other.
 */
export async function equalPieces(seconds: number): Promise<string> {
  const clip = await npmClip('tailor');
  const encode = [
    ...['-ss', '10', '-i', clip, '-t', String(PIECE_SECONDS), '-an', '-vf', 'scale=640:360,fps=25'],
    ...['-c:v', 'libx264', '-preset', 'medium', '-crf', '20', '-g', '50', '-keyint_min', '50'],
    ...['-sc_threshold', '0', '-pix_fmt', 'yuv420p'],
  ];
  const piece = await madeOnce('piece.mp4', [clip, encode], (file) =>
    runProgram('ffmpeg', [...QUIET, ...encode, file]),
  );
  const times = String(Math.ceil(seconds / PIECE_SECONDS));
  return await madeOnce(`equal-${seconds}s.mp4`, [piece, seconds], (file) =>
    runProgram('ffmpeg', [
      ...[...QUIET, '-stream_loop', times, '-i', piece, '-c', 'copy', '-t', String(seconds)],
      ...['-movflags', '+faststart', file],
    ]),
  );
}
