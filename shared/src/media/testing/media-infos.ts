import type { AudioStreamInfo, MediaInfo, VideoStreamInfo } from '../media-info.ts';

/** A film as analysis would describe it: 1080p25 with stereo sound, 60 s, from time zero. */
export function film(changes: Partial<MediaInfo> = {}): MediaInfo {
  return {
    source: { key: 'uploads/p/u/film.mp4', sizeBytes: 50_000_000, etag: 'e1' },
    demuxer: 'mov',
    uploadedFormat: 'mov,mp4,m4a,3gp,3g2,mj2',
    containerStartMicros: 0,
    originMicros: 0,
    durationMicros: 60_000_000,
    bitrateKbps: 6_000,
    video: pictures(),
    audio: [sound(0)],
    subtitles: [],
    skipped: [],
    digest: null,
    ...changes,
  };
}

export function pictures(changes: Partial<VideoStreamInfo> = {}): VideoStreamInfo {
  return {
    index: 0,
    codec: 'h264',
    pixelFormat: 'yuv420p',
    codedWidth: 1920,
    codedHeight: 1080,
    sampleAspectRatio: { num: 1, den: 1 },
    rotation: 0,
    width: 1920,
    height: 1080,
    frameRate: { num: 25, den: 1 },
    variableFrameRate: false,
    startMicros: 0,
    endMicros: 60_000_000,
    endMeasured: true,
    colorTransfer: 'bt709',
    colorPrimaries: 'bt709',
    colorSpace: 'bt709',
    colorRange: 'tv',
    fieldOrder: 'progressive',
    alpha: false,
    closedCaptions: false,
    ...changes,
  };
}

export function sound(index: number, changes: Partial<AudioStreamInfo> = {}): AudioStreamInfo {
  return {
    index,
    codec: 'aac',
    channels: 2,
    sampleRate: 48_000,
    startMicros: 0,
    endMicros: 60_000_000,
    language: null,
    title: null,
    isDefault: index === 0,
    ...changes,
  };
}
