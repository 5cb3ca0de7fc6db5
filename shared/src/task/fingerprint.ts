import { sha256Hex } from '../hex.ts';
import type { AudioStreamInfo } from '../media/media-info.ts';
import type { PlannedTask } from '../media/plan.ts';
import { tracksRead } from './inputs.ts';
import type { TaskSpec, TimedSource } from './task-spec.ts';

/*
 * A fingerprint names what a task makes: two outputs with the same one are interchangeable. It covers the bytes of the
 * source, every parameter, the sizes a picture was scaled through, and the build that encodes; it leaves out where and
 * when the work is done: keys, ids, names of tracks, ranks, threads.
 */

/** Raised when an unchanged spec comes to be carried out differently: nothing made before is used again then. */
const VERSION = 1;

export interface Provenance {
  /** What the upload holds: see `sourceIdentity`. */
  source: string;
  /** Of FFmpeg and its encoders. */
  build: string;
}

/** What is known of the bytes of an upload: their digest where somebody has read them all, or what storage says. */
export function sourceIdentity(
  digest: string | null,
  { etag, sizeBytes }: { etag: string; sizeBytes: number },
): string {
  return digest ?? `etag:${etag}:${sizeBytes}`;
}

/**
 * The fingerprints of planned tasks, by their names: of `encode-video` one for each rendition in order, of any other
 * task one for all it makes, of `publish` none. Tasks stand after those they depend on.
 */
export async function fingerprintTasks(
  tasks: readonly PlannedTask[],
  provenance: Provenance,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  /** By task and track. */
  const tracks = new Map<string, Map<string, string>>();
  for (const task of tasks) {
    const inputs = tracksRead(task.spec).map(({ track }) =>
      task.dependsOn.flatMap((name) => tracks.get(name)?.get(track) ?? []),
    );
    const outputs = outputsOf(task.spec);
    const prints = await Promise.all(
      outputs.map(({ made }) => sha256Hex(canonical({ version: VERSION, ...provenance, made, inputs }))),
    );
    found.set(task.name, prints);
    tracks.set(task.name, new Map(outputs.map(({ track }, i) => [track ?? '', prints[i] ?? ''])));
  }
  return found;
}

interface Output {
  track: string | null;
  made: object;
}

function outputsOf(spec: TaskSpec): Output[] {
  switch (spec.kind) {
    case 'encode-video': {
      const { source, chunk, renditions, chain = renditions, threads: _, ...rest } = spec;
      const { index: _index, ...frames } = chunk;
      return renditions.map((rendition) => {
        const end = chain.findIndex(({ name }) => name === rendition.name) + 1;
        const scaled = chain.slice(0, end).map(({ width, height }) => [width, height]);
        const made = { ...rest, source: timing(source), frames, rendition: nameless(rendition), scaled };
        return { track: rendition.name, made };
      });
    }
    case 'encode-audio': {
      const { source, track, audio, pairedWith, ...rest } = spec;
      const streams = { audio: heard(audio), pairedWith: pairedWith && heard(pairedWith) };
      return [{ track, made: { ...rest, ...streams, source: timing(source) } }];
    }
    case 'subtitles': {
      const { track: _, from, ...rest } = spec;
      return [{ track: null, made: { ...rest, from: textOf(from) } }];
    }
    case 'poster':
      return [{ track: null, made: { ...spec, source: timing(spec.source) } }];
    case 'storyboard':
      return [{ track: null, made: { ...spec, rendition: nameless(spec.rendition) } }];
    case 'measure-quality': {
      const renditions = spec.renditions.map(nameless);
      return [{ track: null, made: { ...spec, source: timing(spec.source), renditions } }];
    }
    case 'assemble': {
      const { name: _, rendition, audio, ...rest } = spec;
      const labels = audio.map(({ track: _track, ...label }) => label);
      return [{ track: null, made: { ...rest, rendition: rendition && nameless(rendition), audio: labels } }];
    }
    case 'fetch':
    case 'analyze':
    case 'publish':
      return [];
    default:
      return spec satisfies never;
  }
}

/** Without where it lies: the provenance says what it holds. */
function timing({ key: _, sizeBytes: _size, etag: _etag, ...rest }: TimedSource) {
  return rest;
}

/** Without what only decides how the track is cut. */
function heard({ sampleExact: _, ...rest }: AudioStreamInfo) {
  return rest;
}

function textOf(from: Extract<TaskSpec, { kind: 'subtitles' }>['from']) {
  if ('source' in from) return { ...from, source: timing(from.source) };
  const { key: _, ...file } = from.sidecar;
  return { ...from, sidecar: file };
}

function nameless<T extends { name: string }>({ name: _, ...rest }: T) {
  return rest;
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
