import { BASE_SECONDS } from '../media/timeline.ts';

/** One text and when it is shown. Times are whole milliseconds, which is what WebVTT can say. */
export interface Cue {
  startMicros: number;
  endMicros: number;
  /** As on the timing line: "line:0 align:start", or nothing. */
  settings: string;
  /** WebVTT cue text: lines without a blank one among them, "&" and "<" only as WebVTT means them. */
  payload: string;
}

const MILLISECOND = 1_000;

/** The clock of MPEG-2: what HLS compares the times of text with those of pictures by. */
const MPEGTS_HZ = 90_000;

/** A complete file whose times count from the job's time zero. */
export function writeWebVtt(cues: readonly Cue[]): string {
  return ['WEBVTT', ...cues.map(writeCue)].join('\n\n').concat('\n');
}

/** A piece of a track in HLS: says that its time zero is that of the pictures (RFC 8216, 3.5). */
export function writeWebVttSegment(cues: readonly Cue[]): string {
  const map = `X-TIMESTAMP-MAP=MPEGTS:${BASE_SECONDS * MPEGTS_HZ},LOCAL:00:00:00.000`;
  return [`WEBVTT\n${map}`, ...cues.map(writeCue)].join('\n\n').concat('\n');
}

/**
 * The cues as a film shows them that begins at `originMicros` of their clock and lasts `durationMicros`: in order, cut
 * at both ends, without those that show nothing or the same as another at the same time.
 */
export function trimCues(
  cues: readonly Cue[],
  { originMicros, durationMicros }: { originMicros: number; durationMicros: number },
): Cue[] {
  const seen = new Set<string>();
  return cues
    .map((cue) => ({
      ...cue,
      startMicros: wholeMilliseconds(Math.max(0, cue.startMicros - originMicros)),
      endMicros: wholeMilliseconds(Math.min(durationMicros, cue.endMicros - originMicros)),
    }))
    .filter((cue) => {
      const written = writeCue(cue);
      const wanted = cue.endMicros > cue.startMicros && cue.payload !== '' && !seen.has(written);
      seen.add(written);
      return wanted;
    })
    .sort((a, b) => a.startMicros - b.startMicros);
}

/** The cues that are shown during piece `number`, with the times they have in the whole: some are in several pieces. */
export function cuesOfPiece(cues: readonly Cue[], pieceMicros: number, number: number): Cue[] {
  const from = number * pieceMicros;
  return cues.filter((cue) => cue.startMicros < from + pieceMicros && cue.endMicros > from);
}

/** "01:02:03.004". */
export function webVttTime(micros: number): string {
  const milliseconds = Math.round(micros / MILLISECOND);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const hours = two(milliseconds / 3_600_000);
  const minutes = two((milliseconds / 60_000) % 60);
  const seconds = two((milliseconds / 1_000) % 60);
  return `${hours}:${minutes}:${seconds}.${String(milliseconds % 1_000).padStart(3, '0')}`;
}

function writeCue({ startMicros, endMicros, settings, payload }: Cue): string {
  const timing = `${webVttTime(startMicros)} --> ${webVttTime(endMicros)}`;
  return `${settings === '' ? timing : `${timing} ${settings}`}\n${payload}`;
}

function wholeMilliseconds(micros: number): number {
  return Math.round(micros / MILLISECOND) * MILLISECOND;
}
