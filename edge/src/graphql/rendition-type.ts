import type { JobView } from '../jobs/view-job.ts';
import { builder } from './builder.ts';

const quality = builder
  .objectRef<NonNullable<JobView['renditions'][number]['quality']>>('Quality')
  .implement({
    description: 'How near a rendition comes to the source, over samples of the film.',
    fields: (t) => ({
      ssim: t.exposeFloat('ssim', { description: 'Of all planes, 0 to 1.' }),
      psnr: t.exposeFloat('psnr', { description: 'In dB; 100 where nothing differs.' }),
      vmaf: t.exposeFloat('vmaf', {
        nullable: true,
        description: '0 to 100; null where no worker could tell.',
      }),
      frames: t.exposeInt('frames', { description: 'How many were compared.' }),
    }),
  });

export const rendition = builder.objectRef<JobView['renditions'][number]>('Rendition').implement({
  description: 'One encoded form of the video.',
  fields: (t) => ({
    resolution: t.exposeString('resolution', {
      description: 'Short side of the picture, and the codec where several have it: "720p", "720p-av1".',
    }),
    width: t.exposeInt('width', { description: 'In pixels, which are square.' }),
    height: t.exposeInt('height', { description: 'In pixels.' }),
    bitrateKbps: t.exposeInt('bitrateKbps', { description: 'Average over the whole rendition.' }),
    codec: t.exposeString('codec', { description: 'Video codec, as RFC 6381 writes it: "avc1.64001f".' }),
    frameRate: t.exposeFloat('frameRate', {
      nullable: true,
      description: 'Frames per second; null for jobs of earlier versions.',
    }),
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
    quality: t.expose('quality', {
      type: quality,
      nullable: true,
      description: 'How near it comes to the source; null unless the profile asks for it.',
    }),
  }),
});
