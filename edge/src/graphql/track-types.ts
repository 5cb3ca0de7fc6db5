import type { JobView } from '../jobs/view-job.ts';
import { builder } from './builder.ts';

export const audioTrack = builder.objectRef<JobView['audio'][number]>('AudioTrack').implement({
  description: 'One audio track that was made.',
  fields: (t) => ({
    track: t.exposeString('track', {
      description: 'Names it in manifests and links: "audio-0", "audio-0-surround".',
    }),
    codec: t.exposeString('codec', { description: 'As RFC 6381 writes it: "mp4a.40.2".' }),
    channels: t.exposeInt('channels', { description: '1, 2 or 6.' }),
    language: t.exposeString('language', { nullable: true, description: 'As in the source.' }),
    title: t.exposeString('title', { nullable: true, description: 'As in the source.' }),
    bitrateKbps: t.exposeInt('bitrateKbps', { description: 'Average over the whole track.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'Length.' }),
    sizeBytes: t.expose('sizeBytes', {
      type: 'Long',
      description: 'Of the M4A file, or of all segments when there is none.',
    }),
    outputKey: t.exposeString('outputKey', {
      nullable: true,
      description: 'The M4A file, which jobs of sound alone have. `downloadUrl` makes a link of it.',
    }),
    playlistKey: t.exposeString('playlistKey', {
      nullable: true,
      description: 'The HLS media playlist; null when the profile asks for none.',
    }),
  }),
});

export const subtitleTrack = builder.objectRef<JobView['subtitles'][number]>('SubtitleTrack').implement({
  description: 'One subtitle track that was made.',
  fields: (t) => ({
    track: t.exposeString('track', { description: 'Names it in manifests and links: "subs-0".' }),
    language: t.exposeString('language', {
      nullable: true,
      description: 'As in the source, or as the file was announced.',
    }),
    title: t.exposeString('title', {
      nullable: true,
      description: 'As in the source, or as the file was announced.',
    }),
    forced: t.exposeBoolean('forced', {
      description: 'Shown to everyone: translates signs and foreign speech.',
    }),
    outputKey: t.exposeString('outputKey', {
      nullable: true,
      description: 'The whole track as WebVTT. `downloadUrl` makes a link of it.',
    }),
    playlistKey: t.exposeString('playlistKey', {
      nullable: true,
      description: 'The HLS media playlist; null when the profile asks for none.',
    }),
  }),
});

export const skippedStream = builder.objectRef<JobView['skipped'][number]>('SkippedStream').implement({
  description: 'A stream of the source that nothing is made of.',
  fields: (t) => ({
    kind: t.exposeString('kind', {
      description: 'What it is a stream of: `video`, `audio`, `subtitles` or `data`.',
    }),
    codec: t.exposeString('codec', { description: "FFmpeg's name of it." }),
    reason: t.exposeString('reason', {
      description: 'Why: `bitmap_subtitles`, `unsupported_codec`, `empty` or `further_video`.',
    }),
    language: t.exposeString('language', { nullable: true, description: 'As in the source.' }),
  }),
});
