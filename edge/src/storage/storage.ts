/** A presigned request: what it names may be done by whoever holds it, until it expires. */
export interface SignedRequest {
  method: 'GET' | 'PUT';
  url: string;
  /** Must be sent as they are. */
  headers: Record<string, string>;
}

export interface ObjectInfo {
  sizeBytes: number;
  etag: string;
  contentType: string | null;
}

/** Object storage as the edge uses it: any S3. Only manifests are written from here, by `putOnce`. */
export interface Storage {
  /** Null when there is no such object. */
  head(key: string): Promise<ObjectInfo | null>;
  /** How an object begins, with what `head` tells of it, in one request. Null when there is no such object. */
  peek(key: string, bytes: number): Promise<(ObjectInfo & { start: Uint8Array }) | null>;
  /** Streams an object or the range of it that `headers` ask for; any status but 200, 206, 304, 404, 416 throws. */
  get(key: string, headers?: Record<string, string>): Promise<Response>;
  /** Writes a small object once. An object that an earlier try wrote with these bytes is as good. */
  putOnce(key: string, body: string, contentType: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** Deletes the first of these objects, at most 1,000, and says how many; repeat for the others. */
  deleteMany(keys: string[]): Promise<number>;
  /** Keys under a prefix, at most 1,000; repeat after deleting for more. */
  list(prefix: string): Promise<string[]>;
  /** `toFleet` names storage as the fleet reaches it, not as clients do. */
  presignGet(
    key: string,
    expiresInSeconds: number,
    options?: { filename?: string; toFleet?: boolean },
  ): Promise<SignedRequest>;
  /** `once` signs `If-None-Match: *`: the PUT is refused (412) when the key exists. */
  presignPut(
    key: string,
    expiresInSeconds: number,
    options?: { once?: boolean; contentType?: string; contentLength?: number; toFleet?: boolean },
  ): Promise<SignedRequest>;
  createMultipart(key: string, contentType: string): Promise<string>;
  presignPart(
    key: string,
    multipartId: string,
    partNumber: number,
    expiresInSeconds: number,
  ): Promise<SignedRequest>;
  /** Throws `StorageRefusal` when the parts do not fit what was uploaded. */
  completeMultipart(
    key: string,
    multipartId: string,
    parts: { partNumber: number; etag: string }[],
  ): Promise<void>;
  abortMultipart(key: string, multipartId: string): Promise<void>;
  /** Ids of the multipart uploads under way for a key. Empty too where storage cannot tell. */
  listMultiparts(key: string): Promise<string[]>;
}

/** Storage understood the request and said no. `code` is S3's own. */
export class StorageRefusal extends Error {
  override name = 'StorageRefusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
