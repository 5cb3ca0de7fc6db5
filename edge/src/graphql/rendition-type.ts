import type { JobView } from '../jobs/view-job.ts';
import { builder } from './builder.ts';

export const rendition = builder.objectRef<JobView['renditions'][number]>('Rendition').implement({
  description: 'One encoded form of the video.',
  fields: (t) => ({
    resolution: t.exposeString('resolution', { description: 'Short side of the picture: "720p".' }),
    width: t.exposeInt('width', { description: 'In pixels, which are square.' }),
    height: t.exposeInt('height', { description: 'In pixels.' }),
    bitrateKbps: t.exposeInt('bitrateKbps', { description: 'Average over the whole rendition.' }),
    codec: t.exposeString('codec', { description: 'Video codec.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'Length.' }),
    sizeBytes: t.expose('sizeBytes', {
      type: 'Long',
      description: 'Of the MP4 file, or of all segments when there is none.',
    }),
    outputKey: t.exposeString('outputKey', {
      nullable: true,
      description: 'The MP4 file; null when the profile asks for none. `downloadUrl` makes a link of it.',
    }),
    playlistKey: t.exposeString('playlistKey', {
      nullable: true,
      description: 'The HLS media playlist; null when the profile asks for none.',
    }),
  }),
});
