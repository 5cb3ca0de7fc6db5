import type { VideoRendition } from '../media/ladder.ts';
import type { JobPlan, PlannedAudio } from '../media/plan.ts';
import type { AudioCodec } from '../media/profile.ts';
import { type AudioGroup, audioGroups } from './audio-groups.ts';
import {
  I_FRAMES_NAME,
  type IFrameStream,
  type MediaOption,
  multivariantPlaylist,
  PLAYLIST_NAME,
  type VariantStream,
} from './hls.ts';
import {
  bandwidthOf,
  hasBegun,
  measure,
  type Presentation,
  renditionRate,
  unbrokenPrefix,
} from './presentation.ts';
import { trackLabels } from './track-labels.ts';

const SUBTITLE_GROUP = 'subs';
const CAPTION_GROUP = 'cc';

/**
 * The multivariant playlist, or null before every video rendition and the default audio have begun. Players never reload
 * it: other tracks are listed at once, and begin when somebody chooses them.
 */
export function writeMultivariant(presentation: Presentation): string | null {
  const { plan } = presentation;
  const [defaultAudio] = plan.audio;
  const awaited = [...plan.renditions.map(({ name }) => name), ...(defaultAudio ? [defaultAudio.track] : [])];
  if (!awaited.every((name) => hasBegun(presentation, name))) return null;
  const groups = audioGroups(plan);
  const listed = plan.renditions.length > 0 ? groups : groups.filter(({ members }) => members.length > 1);
  return multivariantPlaylist({
    media: [...listed.flatMap(audioOptions), ...subtitleOptions(plan), ...captionOptions(plan)],
    variants:
      plan.renditions.length > 0 ? videoVariants(presentation, groups) : audioVariants(presentation, groups),
    iFrames: plan.renditions.flatMap((rendition) => iFrameStream(presentation, rendition)),
  });
}

function audioOptions({ id, members }: AudioGroup): MediaOption[] {
  return withAutoselect(
    members.map(({ audio, name, language, isDefault }) => ({
      type: 'AUDIO',
      groupId: id,
      ...{ name, language, isDefault },
      channels: audio.channels,
      source: { uri: `${audio.track}/${PLAYLIST_NAME}` },
    })),
  );
}

function subtitleOptions({ subtitles }: JobPlan): MediaOption[] {
  const labels = trackLabels(subtitles, 'Subtitles');
  const firstDefault = subtitles.findIndex(({ isDefault }) => isDefault);
  return withAutoselect(
    subtitles.map(({ track, forced }, i) => ({
      type: 'SUBTITLES',
      groupId: SUBTITLE_GROUP,
      ...(labels[i] ?? { name: track, language: null }),
      isDefault: i === firstDefault,
      forced,
      source: { uri: `${track}/${PLAYLIST_NAME}` },
    })),
  );
}

function captionOptions(plan: JobPlan): MediaOption[] {
  if (!plan.renditions.some((rendition) => hasCaptions(plan, rendition))) return [];
  const label = { name: 'CC1', language: null, isDefault: false, autoselect: true };
  return [{ type: 'CLOSED-CAPTIONS', groupId: CAPTION_GROUP, ...label, source: { instreamId: 'CC1' } }];
}

/** Of those that a player could not tell apart it may choose the first alone (RFC 8216bis, 4.4.6.1). */
function withAutoselect(options: readonly Omit<MediaOption, 'autoselect'>[]): MediaOption[] {
  const alike = (a: Omit<MediaOption, 'autoselect'>, b: Omit<MediaOption, 'autoselect'>) =>
    a.language === b.language && a.forced === b.forced;
  return options.map((option, i) => {
    const isFirst = !options.slice(0, i).some((before) => alike(before, option));
    return { ...option, autoselect: option.isDefault || isFirst };
  });
}

/** Every rendition once with each group of audio. */
function videoVariants(presentation: Presentation, groups: readonly AudioGroup[]): VariantStream[] {
  const { plan } = presentation;
  const someCaptions = plan.renditions.some((rendition) => hasCaptions(plan, rendition));
  return (groups.length > 0 ? groups : [null]).flatMap((group) =>
    plan.renditions.map((rendition): VariantStream => {
      const video = rates(presentation, rendition.name, rendition.maxBitrateKbps);
      const audio = groupRates(presentation, group);
      return {
        uri: `${rendition.name}/${PLAYLIST_NAME}`,
        bandwidth: Math.ceil(video.peak + audio.peak),
        averageBandwidth: video.average === null ? null : Math.ceil(video.average + (audio.average ?? 0)),
        codecs: [presentation.tracks.get(rendition.name)?.codecs ?? '', ...groupCodecs(presentation, group)],
        pictures: {
          width: rendition.width,
          height: rendition.height,
          frameRate: renditionRate(plan, rendition),
        },
        audioGroup: group?.id ?? null,
        subtitleGroup: plan.subtitles.length > 0 ? SUBTITLE_GROUP : null,
        captionGroup: hasCaptions(plan, rendition) ? CAPTION_GROUP : someCaptions ? null : 'NONE',
      };
    }),
  );
}

/** Of sound alone each group is a variant: its default track, with the others beside it. */
function audioVariants(presentation: Presentation, groups: readonly AudioGroup[]): VariantStream[] {
  return groups.flatMap((group) => {
    const [first] = group.members;
    if (!first) return [];
    const { peak, average } = groupRates(presentation, group);
    return {
      uri: `${first.audio.track}/${PLAYLIST_NAME}`,
      bandwidth: Math.ceil(peak),
      averageBandwidth: average === null ? null : Math.ceil(average),
      codecs: groupCodecs(presentation, group),
      pictures: null,
      audioGroup: group.members.length > 1 ? group.id : null,
      subtitleGroup: presentation.plan.subtitles.length > 0 ? SUBTITLE_GROUP : null,
      captionGroup: null,
    };
  });
}

/** Nothing while a keyframe is of unknown size. */
function iFrameStream(presentation: Presentation, rendition: VideoRendition): IFrameStream[] {
  const track = presentation.tracks.get(rendition.name);
  const segments = unbrokenPrefix(track);
  if (!track || segments.some(({ keyBytes }) => keyBytes === 0)) return [];
  const units = renditionRate(presentation.plan, rendition);
  const measured = presentation.complete ? bandwidthOf(segments, units, ({ keyBytes }) => keyBytes) : null;
  return [
    {
      uri: `${rendition.name}/${I_FRAMES_NAME}`,
      bandwidth: Math.ceil(measured?.peak ?? rendition.maxBitrateKbps * 1000),
      averageBandwidth: measured && Math.ceil(measured.average),
      codecs: track.codecs,
      width: rendition.width,
      height: rendition.height,
    },
  ];
}

/** Bits per second: measured, or what was planned while the track grows. */
function rates(presentation: Presentation, name: string, plannedKbps: number) {
  const measured = measure(presentation, name);
  return { peak: measured?.peak ?? plannedKbps * 1000, average: measured?.average ?? null };
}

/** Of the most expensive of a group, whichever that is. */
function groupRates(presentation: Presentation, group: AudioGroup | null) {
  const members = (group?.members ?? []).map(({ audio }) =>
    rates(presentation, audio.track, audio.bitrateKbps),
  );
  const averages = members.flatMap(({ average }) => (average === null ? [] : [average]));
  return {
    peak: Math.max(0, ...members.map(({ peak }) => peak)),
    average: averages.length < members.length ? null : Math.max(0, ...averages),
  };
}

function groupCodecs(presentation: Presentation, group: AudioGroup | null): string[] {
  return [...new Set((group?.members ?? []).map(({ audio }) => audioCodecs(presentation, audio)))];
}

/** What its initialisation segment says, or will say. */
export function audioCodecs({ tracks }: Presentation, { track, codec }: PlannedAudio): string {
  return tracks.get(track)?.codecs ?? PLANNED_CODECS[codec];
}

const PLANNED_CODECS: Record<AudioCodec, string> = { aac: 'mp4a.40.2', opus: 'opus' };

function hasCaptions({ closedCaptions }: JobPlan, { codec }: VideoRendition): boolean {
  return closedCaptions && codec === 'h264';
}
