import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { execa } from 'execa';

const TIMEOUT_MS = 20_000;
const LIBRARIES = /(?:x264|x265|SvtAv1|vpx|opus|fdk|zimg|vmaf|avcodec|avfilter|swscale|swresample)/i;
const ID_LENGTH = 16;

/**
 * A short name for this very ffmpeg: its version, how it was configured, and the encoder libraries it loads. Outputs
 * made by two that differ in it may differ.
 */
export async function readFfmpegBuild(ffmpegPath: string, childEnv: Record<string, string>): Promise<string> {
  const [version, libraries] = await Promise.all([
    run(ffmpegPath, ['-version'], childEnv),
    loadedLibraries(ffmpegPath, childEnv),
  ]);
  const text = [version, ...libraries].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, ID_LENGTH);
}

/** By the dynamic loader, where there is one that answers; everything is inside a static ffmpeg, whose version says all. */
async function loadedLibraries(ffmpegPath: string, childEnv: Record<string, string>): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const listed = await run(ffmpegPath, [], { ...childEnv, LD_TRACE_LOADED_OBJECTS: '1' }).catch(() => '');
  const files = [...listed.matchAll(/=> (\/\S+)/g)].flatMap(([, file]) => file ?? []);
  const wanted = files.filter((file) => LIBRARIES.test(basename(file)));
  return Promise.all(wanted.sort().map(describe));
}

/** The file's own name carries the version, and its size tells rebuilds apart. */
async function describe(file: string): Promise<string> {
  const real = await realpath(file);
  return `${basename(real)} ${(await stat(real)).size}`;
}

async function run(file: string, argv: readonly string[], env: Record<string, string>): Promise<string> {
  const { stdout } = await execa(file, argv, { env, extendEnv: false, timeout: TIMEOUT_MS, stdin: 'ignore' });
  return stdout;
}
