import { ApiError } from './api-error.ts';

export type ContentType = 'text' | 'json' | 'bytes';

/** A message on its way into a queue. */
export interface NewMessage {
  contentType: ContentType;
  /** As a pull shows it: text as it is, anything else in base64. */
  body: string;
  sizeBytes: number;
  /** When it was sent; left out: now. */
  timestampMs?: number;
  /** How long nobody is to see it. */
  delayMs: number;
}

const MAX_MESSAGE_BYTES = 128_000;

/** Encodes a body as a pull shows it. Throws `ApiError` when it is too large. */
export function encodeBody(contentType: ContentType, body: unknown): { body: string; sizeBytes: number } {
  const bytes = toBytes(contentType, body);
  if (bytes.byteLength > MAX_MESSAGE_BYTES) throw new ApiError('message_size_out_of_bounds');
  return {
    body: contentType === 'text' ? String(body) : bytes.toBase64(),
    sizeBytes: bytes.byteLength,
  };
}

/**
 * The content type of a body that came through a producer's binding, which does not hand the type itself on.
 * A string that was sent as `json`, the default, is taken for `text`.
 */
export function contentTypeOf(body: unknown): ContentType {
  if (typeof body === 'string') return 'text';
  return body instanceof ArrayBuffer || ArrayBuffer.isView(body) ? 'bytes' : 'json';
}

function toBytes(contentType: ContentType, body: unknown): Uint8Array {
  switch (contentType) {
    case 'text':
      return new TextEncoder().encode(String(body));
    case 'json':
      return new TextEncoder().encode(JSON.stringify(body));
    case 'bytes':
      if (body instanceof ArrayBuffer) return new Uint8Array(body);
      if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
      throw new ApiError('metadata_invalid', 'of type bytes, but the body is something else');
    default:
      return contentType satisfies never;
  }
}
