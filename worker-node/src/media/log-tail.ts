const MAX_LINES = 60;
const MAX_LINE_LENGTH = 400;

/** The last lines of a log, cut to a size that can be sent. */
export interface LogTail {
  /** Text as it comes: lines may arrive in pieces. */
  push(text: string): void;
  lines(): string[];
}

/** `onLine` gets each whole line that is not empty. */
export function createLogTail(onLine: (line: string) => void = () => {}): LogTail {
  const kept: string[] = [];
  let rest = '';
  return {
    push(text) {
      const lines = (rest + text).split(/\r?\n/);
      rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
      for (const line of lines) {
        const short = line.slice(0, MAX_LINE_LENGTH);
        if (short === '') continue;
        kept.push(short);
        if (kept.length > MAX_LINES) kept.shift();
        onLine(short);
      }
    },
    lines: () => (rest === '' ? [...kept] : [...kept, rest]),
  };
}
