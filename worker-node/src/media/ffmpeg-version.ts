import { execa } from 'execa';

const TIMEOUT_MS = 20_000;

/** "5.1.9-0+deb12u1" from `ffmpeg -version`. Throws when there is no ffmpeg at that path. */
export async function readFfmpegVersion(
  ffmpegPath: string,
  childEnv: Record<string, string>,
): Promise<string> {
  const { stdout } = await execa(ffmpegPath, ['-version'], {
    env: childEnv,
    extendEnv: false,
    timeout: TIMEOUT_MS,
    stdin: 'ignore',
  });
  const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1];
  if (!version) throw new Error(`${ffmpegPath} does not say which version it is`);
  return version;
}
