import { UPLOAD_METHODS } from '../uploads/create-upload.ts';
import { UPLOAD_STATUSES, type UploadRow, type UploadStatus } from '../uploads/find-upload.ts';
import { builder } from './builder.ts';

export const uploadStatus = builder.enumType('UploadStatus', {
  description: 'Only a `pending` upload takes bytes; the others are final.',
  values: UPLOAD_STATUSES,
});

const uploadMethod = builder.enumType('UploadMethod', {
  description: 'One PUT, or parts.',
  values: UPLOAD_METHODS,
});

export const upload = builder.objectRef<UploadRow>('Upload').implement({
  description: 'A file that is on its way, or has arrived.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names the upload.' }),
    status: t.field({
      type: uploadStatus,
      description: 'How it stands.',
      resolve: ({ status }) => statusOf(status),
    }),
    method: t.field({
      type: uploadMethod,
      description: 'How it is sent.',
      resolve: ({ partCount }) => (partCount === null ? 'single' : 'multipart'),
    }),
    inputKey: t.exposeString('objectKey', { description: 'For `createJob`, once the upload is complete.' }),
    filename: t.exposeString('filename', { description: 'As announced.' }),
    contentType: t.exposeString('contentType', { description: 'As announced.' }),
    sizeBytes: t.expose('sizeBytes', {
      type: 'Long',
      description: 'As announced, and checked at completion.',
    }),
    partSizeBytes: t.expose('partSizeBytes', {
      type: 'Long',
      nullable: true,
      description: 'Size of every part but the last; null for one PUT.',
    }),
    partCount: t.exposeInt('partCount', {
      nullable: true,
      description: 'How many parts there are; null for one PUT.',
    }),
    confirmedParts: t.intList({
      description: 'Numbers of the parts that were confirmed, while it is `pending`. Send the others.',
      complexity: 50,
      resolve: ({ id, partCount, status }, _args, { loaders }) =>
        partCount !== null && status === 'pending' ? loaders.confirmedParts.load(id) : [],
    }),
    etag: t.exposeString('etag', {
      nullable: true,
      description: 'Of the whole object; null until completed.',
    }),
    legalHold: t.exposeBoolean('legalHold', { description: 'While true, nothing erases it.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was begun.',
      resolve: ({ createdAt }) => createdAt.toISOString(),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'A `pending` upload ends then.',
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
    completedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was confirmed.',
      resolve: ({ completedAt }) => completedAt?.toISOString() ?? null,
    }),
  }),
});

function statusOf(status: string): UploadStatus {
  const known = UPLOAD_STATUSES.find((one) => one === status);
  if (!known) throw new Error(`an upload is "${status}"`);
  return known;
}
