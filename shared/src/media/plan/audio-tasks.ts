import type { EncodeAudioSpec } from '../../task/task-spec.ts';
import { cutSpans, SPAN_CAPABILITY, SPAN_MICROS, spanMicros } from '../audio-span.ts';
import type { AudioStreamInfo } from '../media-info.ts';
import type { PlannedAudio, PlannedTask, PlanRequest } from '../plan.ts';
import type { AudioCodec, Profile } from '../profile.ts';
import { RANK } from './rank.ts';
import type { Timeline } from './timeline.ts';

/** Sound is encoded about this many times faster than pictures, by frames' worth of time. */
export const AUDIO_SPEED = 20;
/** EBU R128 as streaming services set it. */
const LOUDNESS_TARGET = -16;
const ENCODERS: Record<AudioCodec, string> = { aac: 'aac', opus: 'libopus' };

export interface AudioPlan {
  tracks: PlannedAudio[];
  tasks: PlannedTask[];
}

/** What becomes one track: a stream, or two mono streams that are its left and its right. */
interface Ears {
  audio: AudioStreamInfo;
  pairedWith: AudioStreamInfo | null;
}

/** A stereo (or mono) track of every audio stream, the default one first, and 5.1 beside those that have it. */
export function planAudio({ mediaInfo, profile, fleet }: PlanRequest, timeline: Timeline): AudioPlan {
  // A track that is over before the result begins has nothing to give.
  const heard = mediaInfo.audio.filter(({ endMicros }) => endMicros > timeline.source.originMicros);
  const chosen = chooseStreams(heard, profile);
  const specs = chosen.flatMap((ears, index) => {
    const track = `audio-${index}`;
    const mono = ears.audio.channels === 1 && !ears.pairedWith;
    const kbps = mono ? Math.ceil(profile.audio_bitrate_kbps / 2) : profile.audio_bitrate_kbps;
    const plain = specOf(ears, track, mono ? 1 : 2, kbps, profile, timeline);
    if (!profile.surround || ears.audio.channels < 6) return [plain];
    return [plain, specOf(ears, `${track}-surround`, 6, profile.surround_bitrate_kbps, profile, timeline)];
  });
  return {
    // Those of one group together, the default one first.
    tracks: [
      ...specs.filter((spec) => spec.channels < 6),
      ...specs.filter((spec) => spec.channels === 6),
    ].map((spec) => describe(spec, spec.audio === chosen[0]?.audio)),
    tasks: specs.flatMap((spec, index) =>
      (fleet.audioSpans ? inSpans(spec) : [spec]).map((part): PlannedTask => {
        const first = (part.span?.firstSegment ?? 0) === 0;
        return {
          name: first ? spec.track : `${spec.track}-from-${part.span?.firstSegment}`,
          spec: part,
          dependsOn: [],
          rank: index === 0 && first ? RANK.openingAudio : RANK.alternates,
          needs: [ENCODERS[spec.codec], ...(part.span ? [SPAN_CAPABILITY] : [])],
          workTotal:
            1 + Math.floor((timeline.totalFrames * spanMicros(part)) / spec.durationMicros / AUDIO_SPEED),
        };
      }),
    ),
  };
}

/** Names of the tasks that make a track. */
export function makersOf({ tasks }: AudioPlan, track: string): string[] {
  return tasks.flatMap(({ name, spec }) =>
    spec.kind === 'encode-audio' && spec.track === track ? [name] : [],
  );
}

/**
 * On a large fleet one encoder would be what everybody waits for. Cut by length alone: the same upload is cut alike on
 * every fleet, and what was made of it is found again. A track whose loudness is measured stays whole, since all of it
 * is heard first anyway; so does one of two ears, Opus, whose encoder remembers longer than a packet, and a track whose
 * samples lie between those of its source.
 */
function inSpans(spec: EncodeAudioSpec): EncodeAudioSpec[] {
  const { codec, loudnessTarget, pairedWith, audio, sampleRate, durationMicros } = spec;
  const isExact = audio.sampleExact && sampleRate % audio.sampleRate === 0;
  const cuttable = codec === 'aac' && loudnessTarget === null && pairedWith === null && isExact;
  const count = Math.floor(durationMicros / SPAN_MICROS);
  if (!cuttable || count < 2) return [spec];
  return cutSpans(spec, count).map((span) => ({ ...spec, span }));
}

function chooseStreams(streams: readonly AudioStreamInfo[], profile: Profile): Ears[] {
  if (profile.audio_tracks === 'none') return [];
  const ears = profile.pair_mono_tracks && areLoneMonos(streams) ? inPairs(streams) : streams.map(single);
  const first = ears.find(({ audio }) => audio.isDefault) ?? ears[0];
  if (!first) return [];
  return profile.audio_tracks === 'first' ? [first] : [first, ...ears.filter((other) => other !== first)];
}

/** As cameras and editors deliver channels: each a track of PCM, none with a name of its own. */
function areLoneMonos(streams: readonly AudioStreamInfo[]): boolean {
  const [first] = streams;
  return (
    first !== undefined &&
    streams.length >= 2 &&
    streams.every(
      (stream) =>
        stream.channels === 1 &&
        stream.codec.startsWith('pcm_') &&
        stream.title === null &&
        stream.language === first.language &&
        stream.sampleRate === first.sampleRate,
    )
  );
}

function inPairs(streams: readonly AudioStreamInfo[]): Ears[] {
  return streams.flatMap((audio, i) => (i % 2 === 0 ? [{ audio, pairedWith: streams[i + 1] ?? null }] : []));
}

function single(audio: AudioStreamInfo): Ears {
  return { audio, pairedWith: null };
}

function specOf(
  { audio, pairedWith }: Ears,
  track: string,
  channels: EncodeAudioSpec['channels'],
  bitrateKbps: number,
  profile: Profile,
  timeline: Timeline,
): EncodeAudioSpec {
  const { source, frameRate, gopFrames, soundEndMicros: endMicros } = timeline;
  const latest = Math.max(audio.endMicros, pairedWith?.endMicros ?? audio.endMicros);
  return {
    kind: 'encode-audio',
    source,
    audio,
    pairedWith,
    track,
    codec: profile.audio_codec,
    bitrateKbps,
    sampleRate: profile.audio_codec === 'aac' && audio.sampleRate === 44_100 ? 44_100 : 48_000,
    channels,
    loudnessTarget: profile.normalize_loudness ? LOUDNESS_TARGET : null,
    frameRate,
    gopFrames,
    durationMicros: Math.max(1, Math.min(endMicros ?? latest, latest - source.originMicros)),
    endMicros,
  };
}

function describe(spec: EncodeAudioSpec, isDefault: boolean): PlannedAudio {
  const { track, codec, sampleRate, channels, bitrateKbps, audio } = spec;
  const { language, title } = audio;
  const group = channels === 6 ? 'surround' : 'stereo';
  return { track, group, codec, sampleRate, channels, bitrateKbps, language, title, isDefault };
}
