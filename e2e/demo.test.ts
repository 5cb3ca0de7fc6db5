import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removePostgresData } from '../deploy/local/postgres-home.ts';
import { makeClip, probe, testPicture } from './media.ts';

const seconds = 3;
const frames = seconds * 25;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-demo-'));
  await mkdir(path.join(folder, 'films'));
  const picture = testPicture({ seconds, size: '320x180', rate: '25' });
  await makeClip(path.join(folder, 'films', 'small.mp4'), picture);
  await writeFile(path.join(folder, 'films', 'letter.mp4'), 'Dear Sir, this is not a film.\n'.repeat(100));
});
afterAll(async () => {
  await removePostgresData(path.join(folder, 'state', 'postgres'));
  await rm(folder, { recursive: true, force: true });
});

test('a file becomes an MP4 and an HLS tree that plays from disk', async () => {
  const { code, output } = await demo('films/small.mp4', '--out', 'made');
  expect(output).toMatch(/^Uploaded {2}small\.mp4, /m);
  expect(output).toMatch(/^180p +320 × 180 +\d+ kbit\/s/m);
  expect(output).toMatch(/^HLS +http:\/\/\S+master\.m3u8$/m);
  expect(code).toBe(0);

  expect((await readdir(path.join(folder, 'made'))).sort()).toEqual(['180p.mp4', 'hls', 'poster.jpg']);
  expect((await probe(path.join(folder, 'made/180p.mp4'))).frames).toBe(frames);
  expect((await probe(path.join(folder, 'made/hls/master.m3u8'))).frames).toBe(frames);
});

test('a file that is no film ends with the reason, and with 1', async () => {
  const { code, output } = await demo('films/letter.mp4');
  expect(output).toMatch(/^Failed {2}[a-z_]+: .+/m);
  expect(code).toBe(1);
});

test('a file that is not there is told at once, and ends with 2', async () => {
  const { code, output } = await demo('films/none.mp4');
  expect(output).toBe(`There is no file ${path.join(folder, 'films/none.mp4')}.\n`);
  expect(code).toBe(2);
});

/** As `npm run demo -- …` typed in `folder`, with a state of its own. */
function demo(...args: string[]): Promise<{ code: number; output: string }> {
  const program = path.join(import.meta.dirname, '../scripts/demo.ts');
  const { API_PORT: _, ...ours } = process.env;
  const env = { ...ours, NO_COLOR: '1', INIT_CWD: folder, STATE_DIR: path.join(folder, 'state') };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, '--workers', '1', ...args],
      { env, timeout: 200_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, output: stdout + stderr });
        else reject(error);
      },
    );
  });
}
