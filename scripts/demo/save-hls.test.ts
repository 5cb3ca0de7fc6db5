import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { saveHls } from './save-hls.ts';

const files: Record<string, string> = {
  '/play/token/master.m3u8': [
    '#EXTM3U',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",URI="audio/list.m3u8?v=1"',
    '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="audio"',
    '720p/list.m3u8',
    '',
  ].join('\n'),
  '/play/token/audio/list.m3u8': '#EXTM3U\n#EXT-X-MAP:URI="init.mp4?sig=1"\n#EXTINF:2,\n0.m4s?sig=2\n',
  '/play/token/720p/list.m3u8': '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2,\n/elsewhere/bucket/7.m4s\n',
  '/play/token/audio/init.mp4': 'audio init',
  '/play/token/audio/0.m4s': 'audio 0',
  '/play/token/720p/init.mp4': 'video init',
  '/elsewhere/bucket/7.m4s': 'video 0',
};

let folder: string;
let server: Server;
let origin: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-hls-'));
  server = createServer((request, response) => {
    const body = files[new URL(request.url ?? '/', 'http://local').pathname];
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

test('everything a playlist names is saved, and the copies name each other', async () => {
  const signal = AbortSignal.timeout(10_000);
  expect(await saveHls(`${origin}/play/token/master.m3u8`, folder, signal)).toBe('master.m3u8');
  const saved = (name: string) => readFile(join(folder, name), 'utf8');
  expect(await saved('master.m3u8')).toContain('URI="audio/list.m3u8"');
  expect(await saved('master.m3u8')).toContain('\n720p/list.m3u8\n');
  expect(await saved('audio/list.m3u8')).toBe('#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2,\n0.m4s\n');
  expect(await saved('720p/list.m3u8')).toContain('\n../elsewhere/7.m4s\n');
  expect(await saved('audio/init.mp4')).toBe('audio init');
  expect(await saved('audio/0.m4s')).toBe('audio 0');
  expect(await saved('720p/init.mp4')).toBe('video init');
  expect(await saved('elsewhere/7.m4s')).toBe('video 0');
});

test('a piece that is not there is an error', async () => {
  const signal = AbortSignal.timeout(10_000);
  await expect(saveHls(`${origin}/play/token/none.m3u8`, folder, signal)).rejects.toThrow('answered 404');
});
