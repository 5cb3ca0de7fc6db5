/** The last lines of a log, for whoever asks later. */
export interface LogTail {
  add(line: string): void;
  text(): string;
}

export function createLogTail(maxLines = 60, maxLineLength = 400): LogTail {
  let lines: string[] = [];
  return {
    add(line) {
      lines.push(line.slice(0, maxLineLength));
      if (lines.length > 2 * maxLines) lines = lines.slice(-maxLines);
    },
    text: () => lines.slice(-maxLines).join('\n'),
  };
}
