import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { saveUrl } from './save-url.ts';

const mostPlaylists = 100;
const mostSegmentsAtOnce = 4;

/**
 * Saves everything an HLS playlist names, below `folder` as it lies on the server. The playlists are rewritten
 * to name the copies. Returns the path of the first one, below `folder`.
 */
export async function saveHls(masterUrl: string, folder: string, signal: AbortSignal): Promise<string> {
  const base = new URL('.', masterUrl);
  const playlists = [masterUrl];
  const segments = new Set<string>();
  for (const playlistUrl of playlists) {
    if (playlists.length > mostPlaylists) throw new Error(`${playlists.length} playlists are too many`);
    const playlistFile = localPath(new URL(playlistUrl), base);
    const text = await readText(playlistUrl, signal);
    const rewritten = mapUris(text, (uri) => {
      const target = new URL(uri, playlistUrl);
      if (!isPlaylist(target)) segments.add(target.href);
      else if (!playlists.includes(target.href)) playlists.push(target.href);
      return posix.relative(posix.dirname(playlistFile), localPath(target, base));
    });
    const file = join(folder, playlistFile);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, rewritten);
  }
  const waiting = [...segments];
  const saveNext = async () => {
    for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
      await saveUrl(url, join(folder, localPath(new URL(url), base)), signal);
    }
  };
  await Promise.all(Array.from({ length: mostSegmentsAtOnce }, saveNext));
  return localPath(new URL(masterUrl), base);
}

/** Every URI of a playlist: lines that are no tags, and `URI="…"` in those that are. */
function mapUris(playlist: string, map: (uri: string) => string): string {
  return playlist
    .split('\n')
    .map((line) => {
      if (line.startsWith('#')) return line.replace(/URI="([^"]*)"/, (_, uri: string) => `URI="${map(uri)}"`);
      return line.trim() === '' ? line : map(line.trim());
    })
    .join('\n');
}

function isPlaylist(url: URL): boolean {
  return url.pathname.endsWith('.m3u8');
}

function localPath(url: URL, base: URL): string {
  const isBelow = url.origin === base.origin && url.pathname.startsWith(base.pathname);
  return isBelow ? url.pathname.slice(base.pathname.length) : `elsewhere/${basename(url.pathname)}`;
}

async function readText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`the playlist answered ${response.status}: ${text.slice(0, 200)}`);
  return text;
}
