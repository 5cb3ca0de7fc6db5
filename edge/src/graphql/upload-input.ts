import { z } from 'zod';
import type { UploadedPart } from '../uploads/confirm-parts.ts';
import { newFile, sentPart } from '../uploads/upload-input.ts';
import { MAX_PARTS } from '../uploads/upload-limits.ts';
import { builder } from './builder.ts';
import { inSnakeCase, readInput } from './read-input.ts';

export const uploadInput = builder.inputType('UploadInput', {
  description: 'A file that is to be uploaded.',
  fields: (t) => ({
    filename: t.string({ required: true, description: "The file's name. Its end becomes part of the key." }),
    contentType: t.string({ required: true, description: 'Media type of the file. It is signed.' }),
    sizeBytes: t.field({ type: 'Long', required: true, description: 'Exact size of the file.' }),
  }),
});

export const partInput = builder.inputType('PartInput', {
  description: 'A part that storage has taken.',
  fields: (t) => ({
    partNumber: t.int({ required: true, description: 'From 1.' }),
    etag: t.string({ required: true, description: 'What the PUT of the part answered.' }),
  }),
});

export function readUploadInput(input: typeof uploadInput.$inferInput) {
  const { filename, content_type, size_bytes } = readInput(newFile, inSnakeCase(input), ['input']);
  return { filename, contentType: content_type, sizeBytes: size_bytes };
}

export function readParts(parts: (typeof partInput.$inferInput)[], atMost = MAX_PARTS): UploadedPart[] {
  const sent = readInput(z.array(sentPart).min(1).max(atMost), parts.map(inSnakeCase), ['parts']);
  return sent.map(({ part_number, etag }) => ({ partNumber: part_number, etag }));
}
