import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';

/** Where a line cannot be replaced, there is a new one this often at most. */
const newLineEveryMs = 1_000;

export interface ProgressLine {
  /** What is going on now. On a terminal it replaces the line, elsewhere it is a new one now and then. */
  show(text: string): void;
  /** Ends the line with what came of it. */
  finish(text: string): void;
}

/** One line that changes while something takes its time. */
export function progressLine(stream: WriteStream): ProgressLine {
  return stream.isTTY ? changingLine(stream) : newLines(stream);
}

function changingLine(stream: WriteStream): ProgressLine {
  const replace = (text: string, end: string) =>
    stream.write(`\r\x1b[K${shortened(text, stream.columns)}${end}`);
  return { show: (text) => replace(text, ''), finish: (text) => replace(text, '\n') };
}

function newLines(stream: WriteStream): ProgressLine {
  let last = '';
  let lastAtMs = performance.now();
  const write = (text: string) => {
    if (text === last) return;
    stream.write(`${text}\n`);
    last = text;
    lastAtMs = performance.now();
  };
  return {
    show: (text) => {
      if (performance.now() - lastAtMs >= newLineEveryMs) write(text);
    },
    finish: write,
  };
}

// A line that wraps cannot be replaced.
function shortened(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length < columns ? text : plain.slice(0, columns - 1);
}
