import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hlsFaults } from '@millrace/shared/manifest/testing/hls-faults.ts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ask } from './journeys.ts';
import { decode, makeClip } from './media.ts';
import { servePlayers } from './players/site.ts';
import { launchChromium, openViewer } from './players/viewer.ts';
import { type Journey, type Watched, watchWithDash, watchWithHls, watchWithShaka } from './players/watch.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { completed, finish, submit } from './transcode.ts';

/* What players make of a job: every codec, languages that are told apart by ear, subtitles that are read. */

const SECONDS = 12;
const TONES = [440, 880];
const made = z.object({
  hls_url: z.string(),
  dash_url: z.string(),
  storyboard_url: z.string().nullable(),
  renditions: z.array(z.object({ codec: z.string(), frame_rate: z.number() })),
  audio: z.array(z.object({ language: z.string(), duration_seconds: z.number() })),
  subtitles: z.array(z.object({ track: z.string() })),
});
type Made = z.infer<typeof made>;

const WATCH = { 'hls.js': watchWithHls, 'dash.js': watchWithDash, 'Shaka Player': watchWithShaka };
const small = { preset: 'ultrafast', packaging: ['hls', 'dash'], storyboard: false };

let t: TestStack;
let browser: Browser;
let site: Awaited<ReturnType<typeof servePlayers>>;
let film: string;

beforeAll(async () => {
  t = await startTestStack({ workers: 2 });
  film = await makeFilm(t.folder);
  site = await servePlayers();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  site?.stop();
  await t?.stop();
});

describe.each([
  ['H.264 and AAC', { renditions: [{ height: 180 }, { height: 120, max_frame_rate: 13 }] }, /^avc1\./],
  ['VP9 and Opus', { renditions: [{ height: 180, codec: 'vp9' }], audio_codec: 'opus' }, /^vp09\./],
  ['AV1 and AAC', { renditions: [{ height: 180, codec: 'av1' }] }, /^av01\./],
])('a film in %s', (_name, profile, codec) => {
  let job: Made;
  beforeAll(async () => {
    job = await transcode({ ...small, ...profile });
  });

  test.each(['hls.js', 'dash.js', 'Shaka Player'] as const)('plays in %s', async (player) => {
    const watched = await watch(player, job, { tones: TONES, hasSubtitles: true });
    expect(watched.duration).toBeCloseTo(SECONDS, 1);
    expect(watched.endedAt).toBeGreaterThan(SECONDS - 0.1);
    expect([...watched.offered].sort()).toEqual(profile.renditions.map(({ height }) => height).sort());
    expect(watched.seen).toEqual(watched.offered);
    expect(watched.tones).toEqual(TONES);
    expect(watched.languages).toEqual(['en', 'de']);
    expect(watched.subtitles).toBe('What is said');
  });

  test('has playlists that pass what devices check, and says what it is', async () => {
    expect(await faultsOf(job)).toEqual([]);
    for (const rendition of job.renditions) expect(rendition.codec).toMatch(codec);
    expect(job.audio.map(({ language }) => language)).toEqual(['eng', 'ger']);
  });
});

describe('sound alone', () => {
  let job: Made;
  beforeAll(async () => {
    job = await transcode({ ...small, renditions: [], packaging: ['hls', 'dash', 'mp4'] });
  });

  test.each(['hls.js', 'dash.js', 'Shaka Player'] as const)('plays in %s', async (player) => {
    const watched = await watch(player, job, { tones: TONES, hasSubtitles: false });
    expect(watched.duration).toBeCloseTo(SECONDS, 1);
    expect(watched.tones).toEqual(TONES);
    expect(watched.seen).toEqual([]);
  });

  test('has playlists that pass what devices check', async () => {
    expect(await faultsOf(job)).toEqual([]);
  });
});

test('HEVC is signalled as devices want it, and decodes to every frame', async () => {
  const job = await transcode({ ...small, renditions: [{ height: 180, codec: 'hevc' }] });
  expect(job.renditions[0]?.codec).toMatch(/^hvc1\./);
  expect(await faultsOf(job)).toEqual([]);
  const raw = await decode([
    '-i',
    job.hls_url,
    '-map',
    '0:v:0',
    '-fps_mode',
    'passthrough',
    '-vf',
    'scale=16:16',
    '-pix_fmt',
    'gray',
    '-f',
    'rawvideo',
  ]);
  expect(raw.length / (16 * 16)).toBe(SECONDS * 25);
});

test('the bytes that an I-frame playlist names decode to one picture each', async () => {
  const job = await transcode({ ...small, renditions: [{ height: 180 }] });
  const base = job.hls_url.replace('master.m3u8', '180p/');
  const playlist = await (await fetch(`${base}iframes.m3u8`)).text();
  const named = [...playlist.matchAll(/#EXT-X-BYTERANGE:(\d+)@0\n(.+)/g)];
  expect(named.length).toBeGreaterThan(2);
  const init = Buffer.from(await (await fetch(`${base}init.mp4`)).arrayBuffer());
  for (const [i, [, length, uri]] of named.entries()) {
    const range = { range: `bytes=0-${Number(length) - 1}` };
    const picture = Buffer.from(await (await fetch(`${base}${uri}`, { headers: range })).arrayBuffer());
    const file = path.join(t.folder, `picture-${i}.mp4`);
    await writeFile(file, Buffer.concat([init, picture]));
    const raw = await decode(['-i', file, '-vf', 'scale=16:16', '-pix_fmt', 'gray', '-f', 'rawvideo']);
    expect(raw.length).toBe(16 * 16);
  }
});

/** Two languages as tones, and one sentence from the beginning to the end. */
async function makeFilm(folder: string): Promise<string> {
  const text = path.join(folder, 'said.srt');
  await writeFile(text, `1\n00:00:00,000 --> 00:00:${SECONDS},000\nWhat is said\n`);
  return makeClip(path.join(folder, 'film.mp4'), [
    ...['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${SECONDS}`],
    ...TONES.flatMap((hz) => ['-f', 'lavfi', '-i', `sine=f=${hz}:r=48000:d=${SECONDS}`]),
    ...['-i', text, '-map', '0', '-map', '1', '-map', '2', '-map', '3'],
    ...[
      '-metadata:s:a:0',
      'language=eng',
      '-metadata:s:a:1',
      'language=ger',
      '-metadata:s:s:0',
      'language=fre',
    ],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-c:s', 'mov_text'],
  ]);
}

async function transcode(profile: unknown): Promise<Made> {
  const { id } = await submit(t, film, profile);
  completed(await finish(t.api, id));
  const job = await ask(made, `${t.stack.apiUrl}/jobs/${id}`);
  const absolute = (url: string) => new URL(url, t.stack.apiUrl).href;
  return { ...job, hls_url: absolute(job.hls_url), dash_url: absolute(job.dash_url) };
}

async function watch(player: keyof typeof WATCH, job: Made, what: Omit<Journey, 'url'>): Promise<Watched> {
  const { page, errors } = await openViewer(browser, site.url);
  try {
    const url = player === 'hls.js' ? job.hls_url : job.dash_url;
    const watched = await page.evaluate(WATCH[player], { url, ...what });
    expect(errors).toEqual([]);
    return watched;
  } finally {
    await page.close();
  }
}

async function faultsOf(job: Made): Promise<string[]> {
  const load = async (uri: string) => {
    const response = await fetch(new URL(uri, job.hls_url));
    const bytes = Buffer.from(await response.arrayBuffer());
    return response.ok ? { text: bytes.toString('utf8'), sizeBytes: bytes.length } : null;
  };
  const master = await load('master.m3u8');
  return master ? hlsFaults(master.text, load) : ['there is no multivariant playlist'];
}
