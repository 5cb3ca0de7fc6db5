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
      description: 'Frames per second of all renditions.',
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
  }),
});
