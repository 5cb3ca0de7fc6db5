import path from 'node:path';
import { profileObject, resolveProfile } from '@millrace/shared/media/profile.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { analyzeFile } from '../worker-node/src/testing/run-job.ts';
import { engineSettings } from './engine/engine-settings.ts';
import { printCommands } from './engine/print-commands.ts';
import { wholePlan } from './engine/whole-plan.ts';
import { describeMachine, type Machine, machineLine } from './machine.ts';
import { ssimOf } from './media/ssim.ts';
import type { BenchOptions } from './options.ts';
import { bdRatePercent, type RatePoint } from './quality/bd-rate.ts';
import { encodeSpecs } from './quality/encode-specs.ts';
import { type RealClip, realClips } from './quality/real-clips.ts';
import { rounded } from './rounded.ts';
import { say } from './say.ts';
import { type Workbench, withWorkbench } from './workbench/workbench.ts';
import { writeResults } from './write-results.ts';

const CRFS = [18, 23, 28, 33];
const HEIGHT = 720;
/** The smallest fleet that cuts at all; even so a clip of half a minute has a seam every few seconds. */
const SLOTS = 2;

interface Point extends RatePoint {
  crf: number;
  ssim: number;
}

interface ClipQuality {
  clip: string;
  chunks: number;
  whole: Point[];
  chunked: Point[];
  bd_rate_percent: number;
}

export interface QualityFigures {
  /** Bits that chunks cost on top, for as good a picture: the mean over the clips. */
  bd_rate_percent: number;
}

/** What cutting a film into chunks costs in bits: the same settings, by the engine's own tasks. */
export async function quality(options: BenchOptions): Promise<QualityFigures | null> {
  const machine = await describeMachine();
  const clips = options.source
    ? [{ name: path.basename(options.source), file: path.resolve(options.source) }]
    : await realClips(options.seconds);
  return await withWorkbench(async (workbench) => {
    const found: ClipQuality[] = [];
    for (const clip of clips) {
      if (options.print) printCommands(clip.name, await wholeCommands(workbench, clip.file));
      else found.push(await measureClip(workbench, clip));
    }
    return options.print ? null : await report(machine, found);
  });
}

async function measureClip(workbench: Workbench, { name, file: clip }: RealClip): Promise<ClipQuality> {
  const points: Record<'whole' | 'chunked', Point[]> = { whole: [], chunked: [] };
  let chunkCount = 0;
  for (const crf of CRFS) {
    const { whole, chunks } = await planAt(workbench, clip, crf);
    chunkCount = chunks.length;
    const [settings] = engineSettings(whole).renditions;
    const reference = { file: clip, stream: whole.video.index, filters: settings?.filters ?? '' };
    for (const [way, specs] of [
      ['whole', [whole]],
      ['chunked', chunks],
    ] as const) {
      const { file, bytes } = await encodeSpecs(workbench, specs, `${path.parse(clip).name}-${crf}-${way}`);
      const ssim = await ssimOf(file, reference, 1);
      points[way].push({ crf, ssim, rate: bytes, quality: -10 * Math.log10(1 - ssim) });
      say(`${name} at CRF ${crf} ${way}: ${(bytes / 1000).toFixed(0)} kB, SSIM ${ssim.toFixed(5)}`);
    }
  }
  return {
    clip: name,
    chunks: chunkCount,
    ...points,
    bd_rate_percent: rounded(bdRatePercent(points.whole, points.chunked), 3),
  };
}

/** One rung, one encoder thread in either way, so that seams are all that differs. */
async function planAt(
  { storage, env }: Workbench,
  clip: string,
  crf: number,
): Promise<{ whole: EncodeVideoSpec; chunks: EncodeVideoSpec[] }> {
  const mediaInfo = await analyzeFile(storage, env, clip);
  const profile = profileObject.parse({
    ...resolveProfile('default'),
    renditions: [{ height: HEIGHT, crf }],
    audio_tracks: 'none',
  });
  const plan = wholePlan(mediaInfo, profile, SLOTS);
  return {
    whole: { ...plan.video, threads: 1 },
    chunks: plan.chunks.map((spec) => ({ ...spec, threads: 1 })),
  };
}

async function wholeCommands(workbench: Workbench, clip: string): Promise<string[][]> {
  const commands: string[][] = [];
  for (const crf of CRFS) {
    const { whole } = await planAt(workbench, clip, crf);
    const [settings] = engineSettings(whole).renditions;
    if (!settings) continue;
    commands.push(['-i', clip, '-vf', settings.filters, ...settings.encoder, `crf-${crf}.mp4`]);
  }
  return commands;
}

async function report(machine: Machine, clips: ClipQuality[]): Promise<QualityFigures> {
  const mean = clips.reduce((sum, clip) => sum + clip.bd_rate_percent, 0) / clips.length;
  const figures: QualityFigures = { bd_rate_percent: rounded(mean, 3) };
  console.log(
    `\nChunked against whole, same settings: BD-rate over SSIM in dB, CRF ${CRFS.join(', ')}, ${HEIGHT} lines`,
  );
  console.log(`${machineLine(machine)}\n`);
  for (const { clip, chunks, bd_rate_percent } of clips) {
    console.log(
      `  ${clip.padEnd(44)} ${String(chunks).padStart(3)} chunks ${bd_rate_percent.toFixed(2).padStart(7)} %`,
    );
  }
  console.log(`  ${'mean (at most +1 %)'.padEnd(44)} ${''.padStart(10)} ${mean.toFixed(2).padStart(7)} %\n`);
  await writeResults('quality', { ...figures, clips, machine });
  return figures;
}
