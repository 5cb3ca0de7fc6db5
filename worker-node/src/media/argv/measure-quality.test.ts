import type { MeasureQualitySpec } from '@millrace/shared/task/task-spec.ts';
import { describe, expect, test } from 'vitest';
import { measureQualityArgv } from './measure-quality.ts';

const RENDITION = { codec: 'h264', crf: 23, bitrateKbps: null, maxBitrateKbps: 1_800 } as const;
const SPEC: MeasureQualitySpec = {
  kind: 'measure-quality',
  source: {
    ...{ key: 'uploads/p/u/film.mp4', sizeBytes: 1_000, etag: '"e"', demuxer: 'mov' },
    ...{ containerStartMicros: 0, originMicros: 0 },
  },
  video: {
    ...{ index: 0, codec: 'h264', pixelFormat: 'yuv420p', codedWidth: 160, codedHeight: 120 },
    ...{ sampleAspectRatio: { num: 1, den: 1 }, rotation: 0, width: 160, height: 120 },
    ...{ frameRate: { num: 50, den: 1 }, variableFrameRate: false, startMicros: 0, endMicros: 9_000_000 },
    ...{ endMeasured: true, colorTransfer: null, colorPrimaries: null, colorSpace: null, colorRange: null },
    ...{ fieldOrder: null, alpha: false, closedCaptions: false },
  },
  ...{ frameRate: { num: 50, den: 1 }, gopFrames: 100, deinterlace: null, background: null },
  renditions: [
    { ...RENDITION, name: '120p', width: 160, height: 120, frameStep: 1 },
    { ...RENDITION, name: '64p', width: 86, height: 64, frameStep: 2 },
  ],
  ...{ segment: 1, startFrame: 100, frames: 75 },
};

describe('two renditions against what their encoders were given', () => {
  const graphOf = (argv: string[]) => (argv[argv.indexOf('-filter_complex') + 1] ?? '').split(';');

  test('picture by picture, over as many frames as each has', () => {
    const argv = measureQualityArgv(SPEC, 'http://127.0.0.1:4000/token', []);
    expect(graphOf(argv).slice(-8)).toEqual([
      '[v0]trim=end_frame=75,format=yuv420p,settb=1/25,setpts=N,split=2[given0a][given0b]',
      '[1:v:0]trim=end_frame=75,format=yuv420p,settb=1/25,setpts=N[came0]',
      '[came0][given0a]ssim=shortest=1[similar0]',
      "[similar0][given0b]psnr=shortest=1,metadata=print:file='pipe\\:5'[compared0]",
      '[v1]trim=end_frame=38,format=yuv420p,settb=1/25,setpts=N,split=2[given1a][given1b]',
      '[2:v:0]trim=end_frame=38,format=yuv420p,settb=1/25,setpts=N[came1]',
      '[came1][given1a]ssim=shortest=1[similar1]',
      "[similar1][given1b]psnr=shortest=1,metadata=print:file='pipe\\:6'[compared1]",
    ]);
    expect(argv.filter((option) => option.startsWith('pipe:'))).toEqual(['pipe:1', 'pipe:3', 'pipe:4']);
  });

  test('and by VMAF', () => {
    const compared = graphOf(
      measureQualityArgv({ ...SPEC, renditions: SPEC.renditions.slice(0, 1) }, 'file:a', ['vmaf-0.json']),
    ).slice(-2);
    expect(compared).toEqual([
      '[similar0][given0b]psnr=shortest=1[scored0]',
      "[scored0][given0c]libvmaf=shortest=1:n_threads=1:log_fmt=json:log_path=vmaf-0.json,metadata=print:file='pipe\\:4'[compared0]",
    ]);
  });
});
