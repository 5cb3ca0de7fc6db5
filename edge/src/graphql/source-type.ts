import type { JobView } from '../jobs/view-job.ts';
import { builder } from './builder.ts';

export const source = builder.objectRef<NonNullable<JobView['source']>>('Source').implement({
  description: 'What a source is, as it was analyzed.',
  fields: (t) => ({
    width: t.exposeInt('width', { nullable: true, description: 'Of the picture as it is seen.' }),
    height: t.exposeInt('height', { nullable: true, description: 'Of the picture as it is seen.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'Length of the longest stream.' }),
    frameRate: t.exposeFloat('frameRate', {
      nullable: true,
      description: 'Frames per second; of variable rates the one that they become.',
    }),
    videoCodec: t.exposeString('videoCodec', { nullable: true, description: "FFmpeg's name of it." }),
    audioCodec: t.exposeString('audioCodec', { nullable: true, description: "FFmpeg's name of it." }),
    audioChannels: t.exposeInt('audioChannels', { nullable: true, description: 'Null without sound.' }),
    container: t.exposeString('container', { description: "FFmpeg's name of the container." }),
    rotation: t.exposeInt('rotation', {
      nullable: true,
      description: 'Degrees by which the stored picture is turned clockwise.',
    }),
    bitrateKbps: t.exposeInt('bitrateKbps', { nullable: true, description: 'Of the whole file.' }),
    sizeBytes: t.expose('sizeBytes', { type: 'Long', description: 'Of the whole file.' }),
    digest: t.exposeString('digest', {
      nullable: true,
      description: '"sha-256:…" of the whole file; null where nobody has read all of it.',
    }),
    interlaced: t.exposeBoolean('interlaced', { description: 'Its frames hold two fields each.' }),
    hdr: t.exposeBoolean('hdr', { description: 'HDR10 or HLG, which become SDR.' }),
    closedCaptions: t.exposeBoolean('closedCaptions', {
      description: 'CEA-608 or CEA-708 captions lie in its pictures.',
    }),
    audioTracks: t.exposeInt('audioTracks', { description: 'How many it has that can be used.' }),
    subtitleTracks: t.exposeInt('subtitleTracks', { description: 'How many of text it has.' }),
    bytesRead: t.expose('bytesRead', {
      type: 'Long',
      description: 'Fetched from storage by all workers so far.',
    }),
  }),
});
