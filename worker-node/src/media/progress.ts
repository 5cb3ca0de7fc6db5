/** One report of `-progress`. */
export interface Progress {
  /** Frames encoded so far in the first video output; 0 when there is none. */
  frames: number;
  /** End of what was written, in microseconds of the output's own time; null before the first packet. */
  outTimeMicros: number | null;
  totalBytes: number;
  /** True in the last report. */
  ended: boolean;
}

/** Reads `key=value` lines as they arrive, in pieces of any size, and calls `onProgress` at the end of each report. */
export function progressParser(onProgress: (progress: Progress) => void): (text: string) => void {
  let rest = '';
  let fields = new Map<string, string>();
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const at = line.indexOf('=');
      if (at < 0) continue;
      const key = line.slice(0, at).trim();
      fields.set(key, line.slice(at + 1).trim());
      if (key !== 'progress') continue;
      onProgress(readFields(fields));
      fields = new Map();
    }
  };
}

function readFields(fields: ReadonlyMap<string, string>): Progress {
  return {
    frames: whole(fields.get('frame')) ?? 0,
    outTimeMicros: whole(fields.get('out_time_us')),
    totalBytes: whole(fields.get('total_size')) ?? 0,
    ended: fields.get('progress') === 'end',
  };
}

/** Null for "N/A" and for what ffmpeg prints instead of a time before the first packet. */
function whole(text: string | undefined): number | null {
  if (text === undefined || !/^-?\d{1,15}$/.test(text)) return null;
  return Number(text);
}
