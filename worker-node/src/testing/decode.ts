import { execa } from 'execa';

/** One line of a filter's metadata: when, and what was measured. */
export interface Measurement {
  seconds: number;
  value: number;
}

/** Mean luma of every frame of a file, at the file's own times. */
export function lumaOfFrames(file: string): Promise<Measurement[]> {
  const key = 'lavfi.signalstats.YAVG';
  return measure(file, ['-map', '0:v', '-vf', `signalstats,metadata=print:key=${key}:file=-`], key);
}

/** Peak level in dB of every millisecond of a file's sound, at the file's own times. */
export function peaksOfSound(file: string): Promise<Measurement[]> {
  const key = 'lavfi.astats.Overall.Peak_level';
  const astats = 'astats=metadata=1:reset=1:measure_overall=Peak_level:measure_perchannel=none';
  const filter = `aresample=48000,asetnsamples=n=48,${astats},ametadata=print:key=${key}:file=-`;
  return measure(file, ['-map', '0:a', '-af', filter], key);
}

async function measure(file: string, argv: string[], key: string): Promise<Measurement[]> {
  const { stdout } = await execa('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-copyts', '-i', file, ...argv, '-f', 'null', '-'],
  ]);
  const found: Measurement[] = [];
  let seconds = 0;
  for (const line of stdout.split('\n')) {
    const time = /pts_time:(-?[\d.]+)/.exec(line)?.[1];
    if (time !== undefined) seconds = Number(time);
    if (line.startsWith(`${key}=`)) found.push({ seconds, value: Number(line.slice(key.length + 1)) });
  }
  return found;
}

/** When `value` rises above `threshold`, each time. */
export function onsets(measurements: readonly Measurement[], threshold: number): number[] {
  const above = measurements.map(({ value }) => value > threshold);
  return measurements.flatMap(({ seconds }, i) => (above[i] && !above[i - 1] ? [seconds] : []));
}

/** Number of frames that decoding the first video stream gives. */
export async function countFrames(file: string): Promise<number> {
  const { stdout } = await execa('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-count_frames'],
    ...['-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file],
  ]);
  return Number.parseInt(stdout, 10);
}
