import { m4aName, mp4Name } from '../../task/outputs.ts';
import type { PlannedTask } from '../plan.ts';
import type { Profile } from '../profile.ts';
import { type AudioPlan, makersOf } from './audio-tasks.ts';
import { RANK } from './rank.ts';
import type { Timeline } from './timeline.ts';
import { chunksOf, type VideoPlan } from './video-tasks.ts';

/** Copying is about this many times faster than encoding. */
const COPY_SPEED = 50;

/** An MP4 of each video rendition with all stereo tracks; of sound alone an M4A of each track. */
export function planAssembly(
  profile: Profile,
  { frameRate, totalFrames }: Timeline,
  video: VideoPlan,
  audio: AudioPlan,
): PlannedTask[] {
  if (!profile.packaging.includes('mp4')) return [];
  const common = { rank: RANK.finishing, needs: [], workTotal: 1 + Math.floor(totalFrames / COPY_SPEED) };
  const stereo = audio.tracks.filter(({ group }) => group === 'stereo').map(fileTrack);
  if (video.renditions.length === 0) {
    return audio.tracks.map((track): PlannedTask => {
      const name = m4aName(track.track);
      return {
        name,
        spec: { kind: 'assemble', name, rendition: null, frameRate, audio: [fileTrack(track)] },
        dependsOn: makersOf(audio, track.track),
        ...common,
      };
    });
  }
  return video.renditions.map((rendition): PlannedTask => {
    const name = mp4Name(rendition.name);
    const chunks = chunksOf(video, rendition).map((task) => task.name);
    return {
      name,
      spec: { kind: 'assemble', name, rendition, frameRate, audio: stereo },
      dependsOn: [...chunks, ...stereo.flatMap(({ track }) => makersOf(audio, track))],
      ...common,
    };
  });
}

function fileTrack({ track, language, title, sampleRate }: AudioPlan['tracks'][number]) {
  return { track, language, title, sampleRate };
}
