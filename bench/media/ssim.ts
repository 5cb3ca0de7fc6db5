import { runProgram } from './run-program.ts';

/** The pictures that an encode is compared with: those of a file behind filters. */
export interface Reference {
  file: string;
  /** Index among the video streams. */
  stream: number;
  filters: string;
}

/** Mean SSIM over all planes of every so manyth frame, counted from the first, as far as both go. */
export async function ssimOf(file: string, reference: Reference, everyFrames: number): Promise<number> {
  const sampled = everyFrames === 1 ? 'null' : `select='not(mod(n,${everyFrames}))'`;
  const graph = [
    `[0:v:0]${sampled},settb=1/25,setpts=N[encoded]`,
    `[1:V:${reference.stream}]${reference.filters},${sampled},settb=1/25,setpts=N[shown]`,
    '[encoded][shown]ssim=stats_file=-:shortest=1',
  ].join(';');
  let stats = '';
  await runProgram(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-i', file],
      ...['-noautorotate', '-i', reference.file],
      ...['-filter_complex', graph, '-f', 'null', '/dev/null'],
    ],
    {
      onOutput: (piece) => {
        stats += piece;
      },
    },
  );
  const values = [...stats.matchAll(/ All:([\d.]+)/g)].map((match) => Number(match[1]));
  if (values.length === 0) throw new Error(`no frames of ${file} could be compared`);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
