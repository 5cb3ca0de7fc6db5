import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const mostBytesAtOnce = 1024 * 1024;
const newline = 0x0a;

/** A reader of the lines that are added to a file from now on. It is fine when the file is not there yet. */
export function newLines(file: string): () => string[] {
  let position = withFile(file, (descriptor) => fstatSync(descriptor).size) ?? 0;
  return () => {
    const added = withFile(file, (descriptor) => {
      const size = fstatSync(descriptor).size;
      if (size < position) position = 0;
      const buffer = Buffer.alloc(Math.min(size - position, mostBytesAtOnce));
      return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, position));
    });
    if (!added) return [];
    // A line that is not complete is read again next time, unless it fills everything.
    const end = added.length === mostBytesAtOnce ? added.length : added.lastIndexOf(newline) + 1;
    position += end;
    return added.subarray(0, end).toString('utf8').split('\n').filter(Boolean);
  };
}

function withFile<T>(file: string, use: (descriptor: number) => T): T | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
