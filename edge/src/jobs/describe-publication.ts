import { MANIFEST_NAME } from '@millrace/shared/manifest/dash.ts';
import { MULTIVARIANT_NAME, PLAYLIST_NAME } from '@millrace/shared/manifest/hls.ts';
import { measure, renditionRate } from '@millrace/shared/manifest/presentation.ts';
import { audioCodecs } from '@millrace/shared/manifest/write-multivariant.ts';
import { AUDIO_FRAMING } from '@millrace/shared/media/audio-framing.ts';
import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import type { PlannedAudio, PlannedSubtitles } from '@millrace/shared/media/plan.ts';
import type { MeasuredQuality } from '@millrace/shared/media/quality.ts';
import {
  m4aName,
  mp4Name,
  POSTER_NAME,
  STORYBOARD_NAME,
  subtitlesName,
} from '@millrace/shared/task/outputs.ts';
import type { LoadedPresentation } from '../playback/load-presentation.ts';
import type { PublishedAudio, PublishedSubtitles, PublishedTracks } from '../status/published-tracks.ts';

export interface PublishedRendition {
  name: string;
  /** In the plan: those of a codec together, largest first. */
  position: number;
  width: number;
  height: number;
  codec: string;
  bitrateKbps: number;
  durationMicros: number;
  sizeBytes: number;
  outputKey: string | null;
  playlistKey: string | null;
  quality: MeasuredQuality | null;
}

/** What a completed job says that it made. */
export interface Publication {
  hlsKey: string | null;
  dashKey: string | null;
  posterKey: string | null;
  storyboardKey: string | null;
  renditions: PublishedRendition[];
  tracks: PublishedTracks;
}

export interface Published {
  presentation: LoadedPresentation;
  /** Keys of the manifests, by object name. */
  manifestKeys: ReadonlyMap<string, string>;
  /** By rendition, of those that were measured. */
  quality: ReadonlyMap<string, MeasuredQuality>;
}

export function describePublication(published: Published): Publication {
  const { presentation, manifestKeys } = published;
  const { plan, fileKeys } = presentation;
  return {
    hlsKey: manifestKeys.get(MULTIVARIANT_NAME) ?? null,
    dashKey: manifestKeys.get(MANIFEST_NAME) ?? null,
    posterKey: fileKeys.get(POSTER_NAME) ?? null,
    storyboardKey: fileKeys.get(STORYBOARD_NAME) ?? null,
    renditions: describeRenditions(published),
    tracks: {
      audio: plan.audio.map((audio) => describeAudio(published, audio)),
      subtitles: plan.subtitles.map((subtitles) => describeSubtitles(published, subtitles)),
    },
  };
}

function describeRenditions(published: Published): PublishedRendition[] {
  const { plan, tracks, fileKeys } = published.presentation;
  return plan.renditions.map((rendition, position) => {
    const { name, width, height } = rendition;
    const rate = renditionRate(plan, rendition);
    return {
      ...{ name, position, width, height },
      codec: tracks.get(name)?.codecs ?? '',
      bitrateKbps: averageKbps(published, name),
      durationMicros: mulDivRound(lengthOf(published, name), rate.den * 1_000_000, rate.num),
      sizeBytes: sizeOf(published, name, mp4Name(name)),
      outputKey: fileKeys.get(mp4Name(name)) ?? null,
      playlistKey: playlistKey(published, name),
      quality: published.quality.get(name) ?? null,
    };
  });
}

function describeAudio(published: Published, planned: PlannedAudio): PublishedAudio {
  const { track, codec, channels, language, title, sampleRate } = planned;
  const samples = Math.max(0, lengthOf(published, track) - AUDIO_FRAMING[codec].primingSamples);
  return {
    track,
    codec: audioCodecs(published.presentation, planned),
    ...{ channels, language, title },
    bitrateKbps: averageKbps(published, track),
    durationSeconds: mulDivRound(samples, 1_000_000, sampleRate) / 1_000_000,
    sizeBytes: sizeOf(published, track, m4aName(track)),
    outputKey: published.presentation.fileKeys.get(m4aName(track)) ?? null,
    playlistKey: playlistKey(published, track),
  };
}

function describeSubtitles(published: Published, planned: PlannedSubtitles): PublishedSubtitles {
  const { track, language, title, forced } = planned;
  const outputKey = published.presentation.fileKeys.get(subtitlesName(track)) ?? null;
  return { track, language, title, forced, outputKey, playlistKey: playlistKey(published, track) };
}

function averageKbps({ presentation }: Published, track: string): number {
  return Math.round((measure(presentation, track)?.average ?? 0) / 1000);
}

/** In frames, or in samples. */
function lengthOf({ presentation }: Published, track: string): number {
  return (presentation.tracks.get(track)?.segments ?? []).reduce((sum, segment) => sum + segment.length, 0);
}

/** Of the file, or of all segments when there is none. */
function sizeOf({ presentation }: Published, track: string, file: string): number {
  const segments = presentation.tracks.get(track)?.segments ?? [];
  return presentation.files.get(file) ?? segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
}

function playlistKey({ manifestKeys }: Published, track: string): string | null {
  return manifestKeys.get(`${track}/${PLAYLIST_NAME}`) ?? null;
}
