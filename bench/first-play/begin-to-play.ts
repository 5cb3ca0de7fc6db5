import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchApi } from '../stack/bench-api.ts';
import { piecesToBegin, playlistsToBegin } from './playlists.ts';

const EVERY_MS = 20;
const LONGEST_MS = 60_000;

/** Loads what a player needs for the first picture of any rendition; ends when all of it has been answered. */
export async function beginToPlay(api: BenchApi, hlsUrl: string): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  const multivariant = new URL(hlsUrl, api.apiUrl);
  while (!(await loadAll(multivariant))) {
    if (performance.now() > end) throw new Error('the job is called playable, and a player cannot begin');
    await sleep(EVERY_MS);
  }
}

async function loadAll(multivariant: URL): Promise<boolean> {
  const text = await load(multivariant);
  const playlists = text === null ? [] : playlistsToBegin(text);
  const begun = await Promise.all(playlists.map((uri) => loadBeginning(new URL(uri, multivariant))));
  return begun.length > 0 && begun.every(Boolean);
}

async function loadBeginning(playlist: URL): Promise<boolean> {
  const text = await load(playlist);
  const pieces = text === null ? null : piecesToBegin(text);
  if (!pieces) return false;
  const loaded = await Promise.all(pieces.map((uri) => load(new URL(uri, playlist))));
  return loaded.every((piece) => piece !== null && piece.length > 0);
}

/** Null when it is not there yet. */
async function load(url: URL): Promise<string | null> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LONGEST_MS) });
  const text = await response.text();
  return response.ok ? text : null;
}
