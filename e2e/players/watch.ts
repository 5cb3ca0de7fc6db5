import type { Viewer } from './viewer.ts';

/** What one journey through a film shows; the film has tones for languages, and says something throughout. */
export interface Watched {
  duration: number;
  endedAt: number;
  /** Lines of the renditions that the player offers, and of those that it showed when asked to. */
  offered: number[];
  seen: number[];
  languages: string[];
  /** In Hz, before and after the change to the second language; 0 where there is none. */
  tones: [number, number];
  /** What stood under the picture when subtitles were switched on. */
  subtitles: string;
}

/** What to look for: functions that run in the page know nothing but this. */
export interface Journey {
  url: string;
  /** Tones of the first and the second language, in Hz; one or none where there are no more. */
  tones: number[];
  hasSubtitles: boolean;
}

/** Runs in the page, as those that follow: hls.js. */
export async function watchWithHls({ url, tones, hasSubtitles }: Journey): Promise<Watched> {
  const { video, until, giveUp, ...viewer }: Viewer = Reflect.get(window, 'viewer');
  const Hls = Reflect.get(window, 'Hls');
  // Little is buffered ahead, so that a change is seen soon.
  const hls = new Hls({ startLevel: 0, maxBufferLength: 4, maxMaxBufferLength: 4, backBufferLength: 0 });
  hls.on(Hls.Events.ERROR, (_: string, data: { fatal: boolean; details: string; error?: Error }) => {
    if (data.fatal) giveUp(`${data.details} ${data.error?.message ?? ''}`);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  await until('the playlist', () => hls.levels.length > 0 && video.duration > 0);
  video.loop = true;
  await video.play();

  const hear = async (hz: number | undefined) => {
    if (hz !== undefined) await until(`a tone of ${hz} Hz`, () => viewer.tone() === hz);
    return hz === undefined ? 0 : viewer.tone();
  };
  const first = await hear(tones[0]);
  if (tones.length > 1) hls.audioTrack = 1;
  const second = await hear(tones[1]);
  if (hasSubtitles) {
    hls.subtitleTrack = 0;
    hls.subtitleDisplay = true;
    await until('subtitles', () => viewer.subtitles() !== '');
  }
  const subtitles = viewer.subtitles();
  const offered: number[] = hls.levels.map((level: { height: number }) => level.height);
  const seen: number[] = [];
  for (const [level, height] of offered.entries()) {
    if (height === 0) continue;
    hls.nextLevel = level;
    await until(`${height} lines`, () => video.videoHeight === height);
    seen.push(video.videoHeight);
  }
  video.loop = false;
  const endedAt = await viewer.playToEnd(Math.max(0, video.duration - 6));
  const languages: string[] = hls.audioTracks.map((track: { lang?: string }) => track.lang ?? '');
  const duration = video.duration;
  return { duration, endedAt, offered, seen, languages, tones: [first, second], subtitles };
}

/** dash.js. */
export async function watchWithDash({ url, tones, hasSubtitles }: Journey): Promise<Watched> {
  const { video, until, giveUp, ...viewer }: Viewer = Reflect.get(window, 'viewer');
  const dashjs = Reflect.get(window, 'dashjs');
  const player = dashjs.MediaPlayer().create();
  player.updateSettings({
    streaming: {
      abr: { autoSwitchBitrate: { video: false } },
      // Less than two segments, and dash.js may wait for ever.
      buffer: { bufferTimeDefault: 8, bufferTimeAtTopQuality: 8, bufferTimeAtTopQualityLongForm: 8 },
      trackSwitchMode: { audio: 'alwaysReplace' },
    },
  });
  player.on('error', ({ error }: { error: { message?: string } }) => giveUp(error.message ?? 'error'));
  player.initialize(video, url, true);
  await until('the manifest', () => video.duration > 0 && video.currentTime > 0);
  video.loop = true;

  const hear = async (hz: number | undefined) => {
    if (hz !== undefined) await until(`a tone of ${hz} Hz`, () => viewer.tone() === hz);
    return hz === undefined ? 0 : viewer.tone();
  };
  const first = await hear(tones[0]);
  const audio = player.getTracksFor('audio');
  if (tones.length > 1) player.setCurrentTrack(audio[1]);
  const second = await hear(tones[1]);
  if (hasSubtitles) {
    player.setTextTrack(0);
    await until('subtitles', () => viewer.subtitles() !== '');
  }
  const subtitles = viewer.subtitles();
  const representations: { id: string; height: number }[] = player.getRepresentationsByType('video');
  const seen: number[] = [];
  for (const { id, height } of representations) {
    player.setRepresentationForTypeById('video', id, true);
    await until(`${height} lines`, () => video.videoHeight === height);
    seen.push(video.videoHeight);
  }
  const duration = player.duration();
  video.loop = false;
  const endedAt = await viewer.playToEnd(Math.max(0, duration - 6));
  return {
    ...{ duration, endedAt, seen, tones: [first, second], subtitles },
    offered: representations.map(({ height }) => height),
    languages: audio.map((track: { lang?: string }) => track.lang ?? ''),
  };
}

/** Shaka Player. */
export async function watchWithShaka({ url, tones, hasSubtitles }: Journey): Promise<Watched> {
  const { video, until, giveUp, ...viewer }: Viewer = Reflect.get(window, 'viewer');
  const shaka = Reflect.get(window, 'shaka');
  const player = new shaka.Player();
  await player.attach(video);
  player.configure({ abr: { enabled: false }, streaming: { bufferingGoal: 4, bufferBehind: 1 } });
  player.addEventListener('error', ({ detail }: { detail: { code: number } }) =>
    giveUp(`error ${detail.code}`),
  );
  await player.load(url);
  video.loop = true;
  await video.play();

  const hear = async (hz: number | undefined) => {
    if (hz !== undefined) await until(`a tone of ${hz} Hz`, () => viewer.tone() === hz);
    return hz === undefined ? 0 : viewer.tone();
  };
  const first = await hear(tones[0]);
  const audio: { language: string; label: string }[] = player.getAudioTracks();
  if (tones.length > 1) player.selectAudioTrack(audio[1]);
  const second = await hear(tones[1]);
  if (hasSubtitles) {
    player.selectTextTrack(player.getTextTracks()[0]);
    await until('subtitles', () => viewer.subtitles() !== '');
  }
  const subtitles = viewer.subtitles();
  const variants: { height: number; active: boolean }[] = player.getVideoTracks();
  const seen: number[] = [];
  for (const track of variants) {
    player.selectVideoTrack(track, true);
    await until(`${track.height} lines`, () => video.videoHeight === track.height);
    seen.push(video.videoHeight);
  }
  const duration = video.duration;
  video.loop = false;
  const endedAt = await viewer.playToEnd(Math.max(0, duration - 6));
  return {
    ...{ duration, endedAt, seen, tones: [first, second], subtitles },
    offered: variants.map(({ height }) => height),
    languages: audio.map(({ language }) => language),
  };
}
