import { execa } from 'execa';
import { onsets, peaksOfSound } from './decode.ts';

const BEEP_DB = -20;
/** A wave passes zero, and coding rings: a beep lasts until it has been quiet for 30 ms. */
const RINGING_MS = 30;

/** When each beep of a file begins, in seconds on the file's own clock, to the millisecond. */
export async function beepsOf(file: string): Promise<number[]> {
  const peaks = await peaksOfSound(file);
  return onsets(
    peaks.map((peak, i) => {
      const recent = peaks.slice(Math.max(0, i - RINGING_MS), i + 1).map(({ value }) => value);
      return { seconds: peak.seconds, value: Math.max(...recent.filter(Number.isFinite), -999) };
    }),
    BEEP_DB,
  );
}

/** Integrated loudness in LUFS and true peak in dBTP, by the meter of EBU R128. */
export async function loudnessOf(file: string): Promise<{ lufs: number; peakDb: number }> {
  const { stderr } = await execa('ffmpeg', [
    ...['-nostdin', '-v', 'info', '-i', file, '-af', 'ebur128=peak=true:framelog=verbose', '-f', 'null', '-'],
  ]);
  const last = (pattern: RegExp) =>
    Number([...stderr.matchAll(pattern)].at(-1)?.[1]?.replace('inf', 'Infinity'));
  return { lufs: last(/I: +(-?[\d.]+) LUFS/g), peakDb: last(/Peak: +(-?(?:[\d.]+|inf)) dBFS/g) };
}

const RATE = 48_000;

/** How loud each frequency is in each channel, in dB (RMS, full scale is a square wave), over one second of a file. */
export async function levelsOf(file: string, hz: readonly number[], fromSeconds = 1): Promise<number[][]> {
  const { stdout } = await execa(
    'ffmpeg',
    [
      ...['-nostdin', '-v', 'error', '-i', file, '-ar', String(RATE)],
      ...['-af', `asetpts=PTS-STARTPTS,atrim=${fromSeconds}:${fromSeconds + 1}`, '-f', 'f32le', 'pipe:1'],
    ],
    { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
  );
  const pcm = Buffer.from(stdout);
  const channels = Math.round(pcm.length / 4 / RATE);
  return Array.from({ length: channels }, (_, channel) =>
    hz.map((frequency) => {
      let [real, imaginary] = [0, 0];
      for (let i = 0; i < RATE; i += 1) {
        const at = (i * channels + channel) * 4;
        const value = at + 4 <= pcm.length ? pcm.readFloatLE(at) : 0;
        const turn = (2 * Math.PI * frequency * i) / RATE;
        real += value * Math.cos(turn);
        imaginary += value * Math.sin(turn);
      }
      return 20 * Math.log10((Math.SQRT2 * Math.hypot(real, imaginary)) / RATE);
    }),
  );
}
