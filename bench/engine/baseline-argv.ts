import path from 'node:path';
import { toNumber } from '@millrace/shared/media/fraction.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { engineSettings } from './engine-settings.ts';
import type { WholePlan } from './whole-plan.ts';

/** A way to make the same renditions with ffmpeg alone: commands, one after another, and the MP4 files they leave. */
export interface Baseline {
  folders: string[];
  commands: string[][];
  files: Map<string, string>;
}

const QUIET = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'];
/** Turning is in the engine's filters. */
const UPRIGHT = '-noautorotate';
/** Seconds of a segment: two GOPs of the engine. */
const SEGMENT_GOPS = 2;

/** (a) One process: decoded once, split, each rung scaled from the source. HLS, then MP4 by stream copy. */
export function splitBaseline(source: string, folder: string, plan: WholePlan): Baseline {
  const { renditions } = engineSettings(plan.video);
  const splits = renditions.map((_, i) => `[s${i}]`).join('');
  const chains = renditions.map(({ filters }, i) => `[s${i}]${filters}[v${i}]`);
  const graph = [`[0:V:${plan.video.video.index}]split=${renditions.length}${splits}`, ...chains].join(';');
  return inOneProcess(source, folder, plan, graph);
}

/** (a′) The same with the engine's own filter graph. */
export function cascadeBaseline(source: string, folder: string, plan: WholePlan): Baseline {
  return inOneProcess(source, folder, plan, engineSettings(plan.video).cascade);
}

/** (b) A process for each rendition, one after another; each decodes the source and encodes the sound again. */
export function sequentialBaseline(source: string, folder: string, plan: WholePlan): Baseline {
  const { renditions } = engineSettings(plan.video);
  const outputs = renditions.map(({ rendition, filters, encoder }) => {
    const at = path.join(folder, rendition.name);
    const playlist = path.join(at, 'index.m3u8');
    const mp4 = path.join(folder, `${rendition.name}.mp4`);
    const encode = [
      ...[...QUIET, UPRIGHT, '-i', source, '-map', `0:V:${plan.video.video.index}`],
      ...(plan.audio ? ['-map', `0:a:${plan.audio.audio.index}`] : []),
      ...['-vf', filters, ...encoder, ...(plan.audio ? soundSettings(plan.audio) : [])],
      ...[...hls(plan), '-hls_segment_filename', path.join(at, '%05d.m4s'), playlist],
    ];
    return { at, encode, copy: copyToMp4([playlist], mp4), name: rendition.name, mp4 };
  });
  return {
    folders: outputs.map(({ at }) => at),
    commands: outputs.flatMap(({ encode, copy }) => [encode, copy]),
    files: new Map(outputs.map(({ name, mp4 }) => [name, mp4])),
  };
}

function inOneProcess(source: string, folder: string, plan: WholePlan, graph: string): Baseline {
  const { audio } = plan;
  const { renditions } = engineSettings(plan.video);
  const group = audio ? ',agroup:sound' : '';
  const streams = [
    ...renditions.map(({ rendition }, i) => `v:${i}${group},name:${rendition.name}`),
    ...(audio ? ['a:0,agroup:sound,default:yes,name:audio'] : []),
  ];
  const encode = [
    ...[...QUIET, UPRIGHT, '-i', source, '-filter_complex', graph],
    ...renditions.flatMap((_, i) => ['-map', `[v${i}]`]),
    ...(audio ? ['-map', `0:a:${audio.audio.index}`] : []),
    ...renditions.flatMap(({ encoder }, i) => forStream(encoder, i)),
    ...(audio ? soundSettings(audio) : []),
    ...[...hls(plan), '-master_pl_name', 'master.m3u8', '-var_stream_map', streams.join(' ')],
    ...['-hls_segment_filename', path.join(folder, '%v/%05d.m4s'), path.join(folder, '%v/index.m3u8')],
  ];
  const sound = audio ? [path.join(folder, 'audio/index.m3u8')] : [];
  const files = new Map(
    renditions.map(({ rendition: { name } }) => [name, path.join(folder, `${name}.mp4`)]),
  );
  const copies = [...files].map(([name, mp4]) =>
    copyToMp4([path.join(folder, name, 'index.m3u8'), ...sound], mp4),
  );
  return {
    folders: [...files.keys(), ...(audio ? ['audio'] : [])].map((name) => path.join(folder, name)),
    commands: [encode, ...copies],
    files,
  };
}

/** Options of one output among several: `-crf` becomes `-crf:v:1`, `-c:v` becomes `-c:v:1`. */
function forStream(settings: readonly string[], index: number): string[] {
  return settings.map((word, i) => (i % 2 === 0 ? `${word.replace(/:v$/, '')}:v:${index}` : word));
}

function soundSettings({ codec, bitrateKbps, sampleRate, channels }: EncodeAudioSpec): string[] {
  const encoder = { aac: 'aac', opus: 'libopus' }[codec];
  return [
    ...['-c:a', encoder, '-b:a', `${bitrateKbps}k`],
    ...['-ar', String(sampleRate), '-ac', String(channels)],
  ];
}

function hls({ video }: WholePlan): string[] {
  const seconds = (SEGMENT_GOPS * video.gopFrames) / toNumber(video.frameRate);
  return [
    ...['-map_metadata', '-1', '-f', 'hls', '-hls_segment_type', 'fmp4', '-hls_time', seconds.toFixed(3)],
    ...['-hls_playlist_type', 'vod', '-hls_flags', 'independent_segments'],
  ];
}

function copyToMp4(playlists: readonly string[], file: string): string[] {
  return [
    ...[...QUIET, ...playlists.flatMap((playlist) => ['-i', playlist])],
    ...[...playlists.flatMap((_, i) => ['-map', String(i)]), '-c', 'copy', '-movflags', '+faststart', file],
  ];
}
