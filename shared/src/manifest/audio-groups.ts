import type { JobPlan, PlannedAudio } from '../media/plan.ts';
import { type TrackLabel, trackLabels } from './track-labels.ts';

/** Tracks of which a viewer hears one: the same languages in every group, with other channels. */
export interface AudioGroup {
  id: PlannedAudio['group'];
  /** The default one first. */
  members: AudioGroupMember[];
}

export interface AudioGroupMember extends TrackLabel {
  audio: PlannedAudio;
  isDefault: boolean;
}

/**
 * The groups of a plan. One that wants 5.1 hears a language that has none in stereo: groups have the same members, as
 * RFC 8216bis asks (4.4.6.1.1).
 */
export function audioGroups({ audio }: JobPlan): AudioGroup[] {
  const stereo = audio.filter(({ group }) => group === 'stereo');
  const surround = audio.filter(({ group }) => group === 'surround');
  const labels = trackLabels(stereo, 'Audio');
  const group = (id: AudioGroup['id'], chosen: readonly PlannedAudio[]): AudioGroup => ({
    id,
    members: chosen.map((track, i) => {
      return { audio: track, ...(labels[i] ?? { name: track.track, language: null }), isDefault: i === 0 };
    }),
  });
  if (stereo.length === 0) return [];
  if (surround.length === 0) return [group('stereo', stereo)];
  const beside = (track: PlannedAudio) => surround.find((other) => isOf(other, track)) ?? track;
  return [group('stereo', stereo), group('surround', stereo.map(beside))];
}

/** "audio-1-surround" is of the stream that "audio-1" is of. */
function isOf(surround: PlannedAudio, stereo: PlannedAudio): boolean {
  return surround.track === `${stereo.track}-surround`;
}
