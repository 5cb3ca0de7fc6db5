import { type Profile, profileObject, resolveProfile } from '@millrace/shared/media/profile.ts';

/**
 * The default ladder and settings as HLS and MP4, and nothing that the baselines do not make; a poster comes with it.
 * Nothing is reused.
 */
export const BENCH_PROFILE: Profile = profileObject.parse({
  ...resolveProfile('default'),
  packaging: ['hls', 'mp4'],
  storyboard: false,
  reuse: false,
});
