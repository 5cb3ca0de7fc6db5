import { type MediaInfo, mediaInfo } from '@millrace/shared/media/media-info.ts';

/** What analyze would find in a plain 1080p25 film with stereo sound. */
export function mediaInfoOf({ seconds, sound = true }: { seconds: number; sound?: boolean }): MediaInfo {
  const endMicros = seconds * 1_000_000;
  return mediaInfo.parse({
    source: { key: 'uploads/default/video.mp4', sizeBytes: 1_000, etag: '"etag"' },
    demuxer: 'mov',
    uploadedFormat: 'mov,mp4,m4a,3gp,3g2,mj2',
    containerStartMicros: 0,
    originMicros: 0,
    durationMicros: endMicros,
    bitrateKbps: 5_000,
    video: {
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
      endMicros,
      endMeasured: true,
      colorTransfer: null,
      colorPrimaries: null,
      colorSpace: null,
      colorRange: null,
      fieldOrder: null,
    },
    audio: sound
      ? [
          {
            index: 0,
            codec: 'aac',
            channels: 2,
            sampleRate: 48_000,
            startMicros: 0,
            endMicros,
            language: null,
            title: null,
          },
        ]
      : [],
  });
}
