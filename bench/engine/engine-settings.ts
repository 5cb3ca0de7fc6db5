import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { encodeVideoArgv } from '../../worker-node/src/media/argv/encode-video.ts';

/** The engine's own words for all renditions of a task: read out of the very command that a worker runs. */
export interface EngineSettings {
  /** Filter graph from `[0:V:…]` to `[v0]`, `[v1]`, …: each rendition scaled from the one before. */
  cascade: string;
  renditions: {
    rendition: VideoRendition;
    /** Filters from the decoded source to this rendition's pictures, without labels. */
    filters: string;
    /** From `-c:v` on: encoder, preset, rate control, keyframes. */
    encoder: string[];
  }[];
}

const WHOLE = { startFrame: 0, frames: null };

export function engineSettings(planned: EncodeVideoSpec): EngineSettings {
  const spec = onPlainClock(planned);
  return {
    cascade: graphOf(encodeVideoArgv(spec, 'file:source', WHOLE)),
    renditions: spec.renditions.map((rendition) => {
      const argv = encodeVideoArgv({ ...spec, renditions: [rendition] }, 'file:source', WHOLE);
      return { rendition, filters: withoutLabels(graphOf(argv)), encoder: encoderOf(argv) };
    }),
  };
}

/** Workers read times as the container has them; plain ffmpeg lets every source begin at zero. */
function onPlainClock(spec: EncodeVideoSpec): EncodeVideoSpec {
  const { originMicros, containerStartMicros } = spec.source;
  const source = {
    ...spec.source,
    containerStartMicros: 0,
    originMicros: originMicros - containerStartMicros,
  };
  return { ...spec, source };
}

function graphOf(argv: readonly string[]): string {
  const graph = argv[argv.indexOf('-filter_complex') + 1];
  if (!argv.includes('-filter_complex') || !graph)
    throw new Error('the engine’s command has no filter graph');
  return graph;
}

/** `[0:V:0]scale=…,setsar=1[v0]` becomes `scale=…,setsar=1`. */
function withoutLabels(graph: string): string {
  const filters = /^\[0:V:\d+\]([^[\];]+)\[v0\]$/.exec(graph)?.[1];
  if (!filters) throw new Error(`the graph of one rendition is no chain of filters: ${graph}`);
  return filters;
}

/** What stands between the choice of the encoder and what every output is stripped of. */
function encoderOf(argv: readonly string[]): string[] {
  const from = argv.indexOf('-c:v');
  const to = argv.indexOf('-sn', from);
  if (from < 0 || to < 0)
    throw new Error('the encoder’s settings are not where they were in the engine’s command');
  return argv.slice(from, to);
}
