import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const seconds = 8;
const framesPerSecond = 24;

/** A short film in 1080p with sound, for people who have none at hand. Made once, found again later; returns `file`. */
export async function makeClip(file: string, signal: AbortSignal): Promise<string> {
  if (await exists(file)) return file;
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}.mp4`;
  try {
    await promisify(execFile)('ffmpeg', clipArguments(unfinished), { signal, timeout: 180_000 });
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  return file;
}

function clipArguments(output: string): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'],
    ...['-f', 'lavfi', '-t', String(seconds), '-i', picture()],
    ...['-f', 'lavfi', '-t', String(seconds), '-i', sound()],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-crf',
      '20',
      '-pix_fmt',
      'yuv420p',
      '-g',
      String(2 * framesPerSecond),
    ],
    ...['-c:a', 'aac', '-b:a', '128k', '-movflags', '+faststart'],
    output,
  ];
}

/** A slow sea of colours, computed small and blown up, and a ring that travels over it. */
function picture(): string {
  const ripple = 'hypot(X-24-15*sin(T*0.5)\\,Y-13.5-7.5*cos(T*0.6))/3.5-T';
  const waves = `(sin(X/9.5+T*0.9)+sin(Y/5.5-T*0.7)+sin((X+Y)/11.5+T*1.1)+sin(${ripple}))/2`;
  const sea = [
    `nullsrc=s=48x27:r=${framesPerSecond}`,
    'format=gbrp',
    `geq=r='clip(70+55*st(0,${waves})+60*gt(ld(0),0)*ld(0),12,250)'` +
      `:g='clip(64+30*st(0,${waves})+42*cos(ld(0)*2.2),16,210)'` +
      `:b='clip(118-58*st(0,${waves})+25*sin(T/2),30,220)'`,
    'scale=1920:1080:flags=bicubic',
    'format=yuv420p',
  ];
  const radius = 'hypot(X-80,Y-80)';
  const ring = [
    `color=white:s=160x160:r=${framesPerSecond}`,
    'format=rgba',
    `geq=r=255:g=255:b=255:a='235*clip(3.5-abs(${radius}-66),0,1)+235*clip(9-${radius},0,1)'`,
    'trim=end_frame=1',
    'loop=-1:1',
  ];
  const path = "x='880+620*sin(t*1.1)':y='460+330*sin(t*1.7+1)'";
  return `${sea.join(',')}[sea];${ring.join(',')}[ring];[sea][ring]overlay=${path}:shortest=1`;
}

/** Three notes that come and go, not quite the same on both sides. */
function sound(): string {
  const note = (hertz: number, swell: string) => `0.11*sin(2*PI*${hertz}*t)*(0.6+0.4*${swell})`;
  const left = [note(220, 'sin(1.6*t)'), note(277.18, 'sin(2.1*t)'), note(329.63, 'sin(3.1*t)')];
  const right = [note(220, 'cos(1.6*t)'), note(277.18, 'cos(2.1*t)'), note(415.3, 'sin(3.1*t)')];
  const fades = `afade=in:d=1,afade=out:st=${seconds - 1}:d=1`;
  return `aevalsrc='${left.join('+')}|${right.join('+')}':s=48000,${fades}`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
