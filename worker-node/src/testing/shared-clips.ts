import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../../shared/media');

/** Real clips beside the checkout, where there are any: paths by file name. Prints one line when there are none. */
export function sharedClips(folder = '.'): Map<string, string> {
  try {
    const names = readdirSync(join(FOLDER, folder)).filter((name) => /\.(?:mp4|ts|webm)$/.test(name));
    return new Map(names.sort().map((name) => [name, join(FOLDER, folder, name)]));
  } catch {
    console.log(`no clips in ${join('../shared/media', folder)}: only those made by ffmpeg are tested`);
    return new Map();
  }
}
