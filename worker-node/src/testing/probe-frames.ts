import { execa } from 'execa';

export interface ProbedFrame {
  /** In ticks of the track. */
  pts: number;
  isKey: boolean;
}

/** Every frame of a video file as decoding gives them, in the order they are shown. */
export async function probeFrames(file: string): Promise<ProbedFrame[]> {
  const { stdout } = await execa('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0'],
    ...['-show_entries', 'frame=pts,key_frame', '-of', 'csv=p=0', file],
  ]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [key, pts] = line.split(',');
    return { isKey: key === '1', pts: Number(pts) };
  });
}

export interface ProbedStream {
  codec_name: string;
  codec_tag_string: string;
  profile: string;
  level: number;
}

/** What ffprobe says about the only stream of a file. */
export async function probeStream(file: string): Promise<ProbedStream> {
  const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file]);
  const parsed: { streams: ProbedStream[] } = JSON.parse(stdout);
  const [stream] = parsed.streams;
  if (!stream) throw new Error(`${file} holds no stream`);
  return stream;
}
