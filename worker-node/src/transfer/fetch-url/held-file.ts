import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { TaskFailure } from '../../task-failure.ts';

/** What has arrived so far of a file that may come in several pieces. */
export interface HeldFile {
  readonly sizeBytes: number;
  /** Strong ETag of the server's file that these are the first bytes of; null when it cannot be gone on with. */
  etag: string | null;
  append(piece: Buffer): Promise<void>;
  /** SHA-256 of what is there, in hex. */
  sha256(): string;
  /** Throws away what is there. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function openHeldFile(path: string): Promise<HeldFile> {
  const handle = await open(path, 'a');
  let sizeBytes = 0;
  let hash = createHash('sha256');
  const held: HeldFile = {
    get sizeBytes() {
      return sizeBytes;
    },
    etag: null,
    async append(piece) {
      await written(handle.appendFile(piece));
      sizeBytes += piece.length;
      hash.update(piece);
    },
    sha256: () => hash.copy().digest('hex'),
    async empty() {
      await written(handle.truncate(0));
      sizeBytes = 0;
      hash = createHash('sha256');
      held.etag = null;
    },
    close: () => handle.close(),
  };
  return held;
}

/** A disk that fails is not the server's fault. */
async function written(write: ReturnType<FileHandle['truncate']>): Promise<void> {
  try {
    await write;
  } catch (cause) {
    throw new TaskFailure('out_of_resources', 'the scratch disk could not be written', { cause });
  }
}
