import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath } from './chromium-path.ts';
import { makeClip, testPicture } from './media.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { completed, finish, submit } from './transcode.ts';

/* What a viewer gets: hls.js in a real browser, from the signed address alone. */

let t: TestStack;
let browser: Browser;
let site: Server;
let hlsUrl: string;

beforeAll(async () => {
  t = await startTestStack({ workers: 2 });
  const clip = await makeClip(
    path.join(t.folder, 'clip.mp4'),
    testPicture({ seconds: 13, size: '1920x1080' }),
  );
  const { id } = await submit(t, clip);
  hlsUrl = completed(await finish(t.api, id)).hls_url ?? '';
  site = await servePlayer();
  browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
    ],
  });
});
afterAll(async () => {
  await browser?.close();
  site?.close();
  await t?.stop();
});

describe('in Chromium with hls.js', () => {
  test('it plays to the end, and every rendition can be switched to', async () => {
    const page = await openPlayer();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    const outcome = await page.evaluate(playThrough, new URL(hlsUrl, t.stack.apiUrl).href);
    expect(errors).toEqual([]);
    expect(outcome.fatal).toBeNull();
    expect(outcome.heights).toEqual([480, 720, 1080]);
    expect(outcome.seen).toEqual([480, 720, 1080]);
    expect(outcome.duration).toBeCloseTo(13, 0);
    expect(outcome.endedAt).toBeGreaterThan(12.9);
    expect(outcome.droppedIntoHoles).toBe(0);
  });
});

describe('the playlists', () => {
  test('the multivariant playlist says what a player must know before it fetches anything', async () => {
    const text = await fetchText(hlsUrl);
    expect(text.startsWith('#EXTM3U\n')).toBe(true);
    expect(text).toContain('#EXT-X-INDEPENDENT-SEGMENTS');
    const variants = [...text.matchAll(/#EXT-X-STREAM-INF:(.*)\n(.*)/g)].map(
      ([, attributes = '', uri = '']) => ({
        resolution: /RESOLUTION=(\d+x\d+)/.exec(attributes)?.[1],
        bandwidth: Number(/(?:^|,)BANDWIDTH=(\d+)/.exec(attributes)?.[1]),
        average: Number(/AVERAGE-BANDWIDTH=(\d+)/.exec(attributes)?.[1]),
        codecs: /CODECS="([^"]+)"/.exec(attributes)?.[1],
        uri,
      }),
    );
    expect(variants.map((v) => v.resolution)).toEqual(['1920x1080', '1280x720', '854x480']);
    for (const variant of variants) {
      expect(variant.codecs).toMatch(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/i);
      expect(variant.bandwidth).toBeGreaterThanOrEqual(variant.average);
      expect(variant.average).toBeGreaterThan(10_000);
    }
  });

  test('segment boundaries are the same in all renditions, and no segment is longer than the target', async () => {
    const master = await fetchText(hlsUrl);
    const uris = master.split('\n').filter((line) => line.endsWith('.m3u8'));
    const playlists = await Promise.all(uris.map((uri) => fetchText(hlsUrl.replace('master.m3u8', uri))));
    const durations = playlists.map((text) =>
      [...text.matchAll(/#EXTINF:([\d.]+)/g)].map(([, s]) => Number(s)),
    );
    expect(new Set(durations.map((list) => list.join(' '))).size).toBe(1);
    expect(durations[0]?.reduce((sum, s) => sum + s, 0)).toBeCloseTo(13, 3);
    for (const text of playlists) {
      const target = Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]);
      expect(Math.max(...(durations[0] ?? []).map((s) => Math.round(s)))).toBeLessThanOrEqual(target);
      expect(text).toContain('#EXT-X-PLAYLIST-TYPE:VOD');
      expect(text).toContain('#EXT-X-MAP:URI="init.mp4"');
      expect(text.trimEnd().endsWith('#EXT-X-ENDLIST')).toBe(true);
    }
  });

  test('a changed token opens nothing', async () => {
    // The first character of the signature: the last one carries bits that mean nothing.
    const forged = hlsUrl.replace(
      /(playback\/[^.]+\.)(.)/,
      (_, expiry: string, first: string) => `${expiry}${first === 'A' ? 'B' : 'A'}`,
    );
    expect((await fetch(new URL(forged, t.stack.apiUrl))).status).toBe(403);
  });
});

async function fetchText(address: string): Promise<string> {
  const response = await fetch(new URL(address, t.stack.apiUrl));
  expect(response.status).toBe(200);
  return response.text();
}

interface Outcome {
  fatal: string | null;
  heights: number[];
  seen: number[];
  duration: number;
  endedAt: number;
  droppedIntoHoles: number;
}

/** Runs in the page: plays round and round until every rendition was shown, and then the largest to the end. */
async function playThrough(address: string): Promise<Outcome> {
  const video = document.querySelector('video');
  const Hls = Reflect.get(window, 'Hls');
  if (!video) throw new Error('the page has no video element');
  // Little is buffered ahead, so that a change is seen soon.
  const hls = new Hls({ startLevel: 0, maxBufferLength: 4, maxMaxBufferLength: 4 });
  const seen: number[] = [];
  let fatal: string | null = null;
  let droppedIntoHoles = 0;
  hls.on(Hls.Events.ERROR, (_: string, data: { fatal: boolean; details: string }) => {
    if (data.fatal) fatal = data.details;
    if (data.details === 'bufferSeekOverHole') droppedIntoHoles += 1;
  });
  const until = (what: string, event: string, isSo: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`${what}: stands at ${video.currentTime}, ${fatal}`)),
        60_000,
      );
      const look = () => {
        if (!isSo() && !fatal) return;
        clearTimeout(limit);
        video.removeEventListener(event, look);
        resolve();
      };
      video.addEventListener(event, look);
      look();
    });

  hls.loadSource(address);
  hls.attachMedia(video);
  await until('the playlist', 'durationchange', () => hls.levels.length > 0 && video.duration > 0);
  video.loop = true;
  await video.play();
  const heights: number[] = hls.levels.map((level: { height: number }) => level.height);
  for (const [level, height] of heights.entries()) {
    hls.nextLevel = level;
    await until(`${height} lines`, 'timeupdate', () => video.videoHeight === height);
    seen.push(video.videoHeight);
  }
  video.loop = false;
  // At the very start there is one: hls.js counts from the first decode time, two frames before the first picture.
  droppedIntoHoles = 0;
  video.playbackRate = 2;
  await until('the end', 'ended', () => video.ended);
  return { fatal, heights, seen, droppedIntoHoles, duration: video.duration, endedAt: video.currentTime };
}

async function openPlayer(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  return page;
}

/** A page of another origin than the API's, as a customer's site would be. */
async function servePlayer(): Promise<Server> {
  const script = await readFile(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'));
  const server = createServer((request, response) => {
    if (request.url === '/hls.js') response.setHeader('content-type', 'text/javascript').end(script);
    else
      response
        .setHeader('content-type', 'text/html')
        .end('<script src="/hls.js"></script><video muted></video>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
