import { AUDIO_FRAMING } from '../media/audio-framing.ts';
import { type Fraction, mulDivRound } from '../media/fraction.ts';
import type { VideoRendition } from '../media/ladder.ts';
import type { PlannedAudio, PlannedSubtitles } from '../media/plan.ts';
import { BASE_SECONDS, frameTicks, videoTimescale } from '../media/timeline.ts';
import { subtitlesName } from '../task/outputs.ts';
import { type AudioGroupMember, audioGroups } from './audio-groups.ts';
import {
  measure,
  type Presentation,
  type PresentationSegment,
  renditionRate,
  unbrokenPrefix,
  unitsPerSecond,
} from './presentation.ts';
import { type TrackLabel, trackLabels } from './track-labels.ts';
import { audioCodecs } from './write-multivariant.ts';
import { element, type XmlElement, xmlDocument } from './xml.ts';

export const MANIFEST_NAME = 'manifest.mpd';
export const DASH_TYPE = 'application/dash+xml';

const MICROS = 1_000_000;

/**
 * The static MPD (ISO/IEC 23009-1) of a complete presentation: the segments that HLS plays, subtitles as whole files.
 * Null when a track has no segments.
 */
export function writeMpd(presentation: Presentation): string | null {
  const { plan } = presentation;
  const names = [...plan.renditions.map(({ name }) => name), ...plan.audio.map(({ track }) => track)];
  if (names.some((name) => unbrokenPrefix(presentation.tracks.get(name)).length === 0)) return null;
  const duration = presentationMicros(presentation);
  return xmlDocument(
    element(
      'MPD',
      {
        xmlns: 'urn:mpeg:dash:schema:mpd:2011',
        profiles: 'urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019',
        type: 'static',
        mediaPresentationDuration: isoDuration(duration),
        maxSegmentDuration: isoDuration(longestSegmentMicros(presentation, names)),
        minBufferTime: isoDuration(longestSegmentMicros(presentation, names)),
      },
      [
        element('Period', { id: '0', start: 'PT0S' }, [
          ...numbered([
            ...videoSets(presentation),
            ...audioSets(presentation),
            ...textSets(presentation, duration),
          ]),
        ]),
      ],
    ),
  );
}

function numbered(sets: readonly XmlElement[]): XmlElement[] {
  return sets.map((set, i) => ({ ...set, attributes: { id: i, ...set.attributes } }));
}

/**
 * The film is as long as its pictures, and longer where the sound goes on. The last packet of a track is filled up with
 * silence, so beside pictures it does not count.
 */
function presentationMicros(presentation: Presentation): number {
  const { renditions, audio } = presentation.plan;
  const pictures = renditions.map(({ name }) => trackMicros(presentation, name));
  const sound = audio.map((track) => soundMicros(presentation, track, renditions.length > 0));
  // Of renditions with fewer pictures the last one may last longer than the film.
  return Math.max(1, Math.min(...(pictures.length > 0 ? pictures : [0])), ...sound);
}

function soundMicros(
  presentation: Presentation,
  { track, codec, sampleRate }: PlannedAudio,
  besidePictures: boolean,
) {
  const { packetSamples, primingSamples } = AUDIO_FRAMING[codec];
  const uncounted = mulDivRound(primingSamples + (besidePictures ? packetSamples : 0), MICROS, sampleRate);
  return trackMicros(presentation, track) - uncounted;
}

function trackMicros({ plan, tracks }: Presentation, name: string): number {
  const length = unbrokenPrefix(tracks.get(name)).reduce((sum, segment) => sum + segment.length, 0);
  return toMicros(length, unitsPerSecond(plan, name));
}

function longestSegmentMicros({ plan, tracks }: Presentation, names: readonly string[]): number {
  const longest = names.map((name) => {
    const lengths = unbrokenPrefix(tracks.get(name)).map(({ length }) => length);
    return toMicros(Math.max(...lengths), unitsPerSecond(plan, name));
  });
  return Math.max(...longest);
}

function toMicros(length: number, units: Fraction | null): number {
  return units ? mulDivRound(length, units.den * MICROS, units.num) : 0;
}

/** Renditions of one codec are switched between; of two, chosen from. */
function videoSets(presentation: Presentation): XmlElement[] {
  const { plan } = presentation;
  const codecs = [...new Set(plan.renditions.map(({ codec }) => codec))];
  return codecs.map((codec) => {
    const renditions = plan.renditions.filter((rendition) => rendition.codec === codec);
    const captions = plan.closedCaptions && codec === 'h264';
    return element(
      'AdaptationSet',
      {
        ...{ contentType: 'video', mimeType: 'video/mp4', segmentAlignment: true, startWithSAP: 1 },
      },
      [
        ...(captions
          ? [element('Accessibility', { schemeIdUri: 'urn:scte:dash:cc:cea-608:2015', value: 'CC1=und' })]
          : []),
        role('main'),
        ...renditions.map((rendition) => videoRepresentation(presentation, rendition)),
      ],
    );
  });
}

function videoRepresentation(presentation: Presentation, rendition: VideoRendition): XmlElement {
  const { plan, tracks } = presentation;
  const { name, width, height } = rendition;
  const rate = renditionRate(plan, rendition);
  return element(
    'Representation',
    {
      id: name,
      codecs: tracks.get(name)?.codecs ?? '',
      bandwidth: bandwidth(presentation, name),
      ...{ width, height, sar: '1:1' },
      frameRate: rate.den === 1 ? rate.num : `${rate.num}/${rate.den}`,
    },
    [
      segmentTemplate({
        segments: unbrokenPrefix(tracks.get(name)),
        timescale: videoTimescale(rate),
        unitTicks: frameTicks(rate),
        leadTicks: 0,
      }),
    ],
  );
}

/** A set of each track: those of other languages, and those of other channels, are chosen from. */
function audioSets(presentation: Presentation): XmlElement[] {
  const [stereo, surround] = audioGroups(presentation.plan);
  const ofSurround = (surround?.members ?? []).filter(({ audio }) => audio.group === 'surround');
  return [
    ...(stereo?.members ?? []),
    ...ofSurround.map((member) => ({ ...member, name: `${member.name} 5.1` })),
  ].map((member) => audioSet(presentation, member));
}

function audioSet(
  presentation: Presentation,
  { audio, name, language, isDefault }: AudioGroupMember,
): XmlElement {
  const { track, codec, sampleRate, channels } = audio;
  return element(
    'AdaptationSet',
    {
      ...{ contentType: 'audio', mimeType: 'audio/mp4', lang: language },
      ...{ segmentAlignment: true, startWithSAP: 1 },
    },
    [
      element('Label', {}, name),
      role(isDefault ? 'main' : 'alternate'),
      element(
        'Representation',
        {
          id: track,
          codecs: audioCodecs(presentation, audio),
          bandwidth: bandwidth(presentation, track),
          audioSamplingRate: sampleRate,
        },
        [
          element('AudioChannelConfiguration', {
            schemeIdUri: 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011',
            value: channels,
          }),
          segmentTemplate({
            segments: unbrokenPrefix(presentation.tracks.get(track)),
            timescale: sampleRate,
            unitTicks: 1,
            leadTicks: AUDIO_FRAMING[codec].primingSamples,
          }),
        ],
      ),
    ],
  );
}

function textSets({ plan, files }: Presentation, durationMicros: number): XmlElement[] {
  const labels = trackLabels(plan.subtitles, 'Subtitles');
  return plan.subtitles.flatMap((planned, i) => {
    const bytes = files.get(subtitlesName(planned.track));
    return bytes === undefined ? [] : [textSet(planned, labels[i], bytes, durationMicros)];
  });
}

function textSet(
  { track, forced, isDefault }: PlannedSubtitles,
  label: TrackLabel | undefined,
  bytes: number,
  durationMicros: number,
): XmlElement {
  return element(
    'AdaptationSet',
    { contentType: 'text', mimeType: 'text/vtt', lang: label?.language ?? null },
    [
      element('Label', {}, label?.name ?? track),
      ...(isDefault ? [role('main')] : []),
      role(forced ? 'forced-subtitle' : 'subtitle'),
      element('Representation', { id: track, bandwidth: Math.ceil((bytes * 8 * MICROS) / durationMicros) }, [
        element('BaseURL', {}, subtitlesName(track)),
      ]),
    ],
  );
}

function role(value: string): XmlElement {
  return element('Role', { schemeIdUri: 'urn:mpeg:dash:role:2011', value });
}

interface TrackTimeline {
  segments: readonly PresentationSegment[];
  timescale: number;
  /** Of one unit of a segment's length. */
  unitTicks: number;
  /** By how much the first segment begins before time zero. */
  leadTicks: number;
}

/** Time zero lies `BASE_SECONDS` into every track. */
function segmentTemplate({ segments, timescale, unitTicks, leadTicks }: TrackTimeline): XmlElement {
  const base = BASE_SECONDS * timescale;
  const runs: { d: number; count: number }[] = [];
  for (const { length } of segments) {
    const d = length * unitTicks;
    const last = runs.at(-1);
    if (last?.d === d) last.count += 1;
    else runs.push({ d, count: 1 });
  }
  return element(
    'SegmentTemplate',
    {
      timescale,
      presentationTimeOffset: base,
      startNumber: 0,
      initialization: '$RepresentationID$/init.mp4',
      media: '$RepresentationID$/$Number%05d$.m4s',
    },
    [
      element(
        'SegmentTimeline',
        {},
        runs.map(({ d, count }, i) =>
          element('S', { t: i === 0 ? base - leadTicks : null, d, r: count > 1 ? count - 1 : null }),
        ),
      ),
    ],
  );
}

function bandwidth(presentation: Presentation, name: string): number {
  return Math.ceil(measure(presentation, name)?.peak ?? 0);
}

/** "PT6.006S": exact to the microsecond. */
function isoDuration(micros: number): string {
  const fraction = String(micros % MICROS)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `PT${Math.floor(micros / MICROS)}${fraction && `.${fraction}`}S`;
}
