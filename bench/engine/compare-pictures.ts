import { stat } from 'node:fs/promises';
import { ssimOf } from '../media/ssim.ts';
import { engineSettings } from './engine-settings.ts';
import type { WholePlan } from './whole-plan.ts';

/** One rendition as both made it. */
export interface ComparedRendition {
  name: string;
  plainSsim: number;
  jobSsim: number;
  plainBytes: number;
  jobBytes: number;
}

/** About one a second. */
const EVERY_FRAMES = 24;

/** Both against the same pictures: those of the source, scaled to the rendition in one step. */
export async function comparePictures(
  source: string,
  plan: WholePlan,
  plain: ReadonlyMap<string, string>,
  ours: ReadonlyMap<string, string>,
): Promise<ComparedRendition[]> {
  const { renditions } = engineSettings(plan.video);
  const compared: ComparedRendition[] = [];
  for (const { rendition, filters } of renditions) {
    const [plainFile, jobFile] = [plain.get(rendition.name), ours.get(rendition.name)];
    if (!plainFile || !jobFile) throw new Error(`${rendition.name} was not made by both`);
    const reference = { file: source, stream: plan.video.video.index, filters };
    const [plainSsim, jobSsim] = [
      await ssimOf(plainFile, reference, EVERY_FRAMES),
      await ssimOf(jobFile, reference, EVERY_FRAMES),
    ];
    const [plainBytes, jobBytes] = [(await stat(plainFile)).size, (await stat(jobFile)).size];
    compared.push({ name: rendition.name, plainSsim, jobSsim, plainBytes, jobBytes });
  }
  return compared;
}
