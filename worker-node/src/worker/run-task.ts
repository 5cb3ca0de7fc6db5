import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TaskRunner } from './run-attempt.ts';
import type { TaskContext } from './task-context.ts';
import { analyze } from './tasks/analyze.ts';
import { assemble } from './tasks/assemble.ts';
import { encodeAudio } from './tasks/encode-audio.ts';
import { encodeVideo } from './tasks/encode-video.ts';
import { fetchSource } from './tasks/fetch-source.ts';
import { measureQuality } from './tasks/measure-quality.ts';
import { poster } from './tasks/poster.ts';
import { storyboard } from './tasks/storyboard.ts';
import { subtitles } from './tasks/subtitles.ts';
import type { Tools } from './tools.ts';

/** The work of each kind of task. */
export function createTaskRunner(shared: Tools): TaskRunner {
  return async (ctx) => {
    const { spec } = ctx;
    const tools: Tools = { ...shared, onCpu: ctx.cpuUsed, trace: ctx.trace };
    switch (spec.kind) {
      case 'fetch':
        return await fetchSource(withSpec(ctx, spec), tools);
      case 'analyze':
        return await analyze(withSpec(ctx, spec), tools);
      case 'encode-video':
        return await encodeVideo(withSpec(ctx, spec), tools);
      case 'encode-audio':
        return await encodeAudio(withSpec(ctx, spec), tools);
      case 'poster':
        return await poster(withSpec(ctx, spec), tools);
      case 'subtitles':
        return await subtitles(withSpec(ctx, spec), tools);
      case 'storyboard':
        return await storyboard(withSpec(ctx, spec), tools);
      case 'measure-quality':
        return await measureQuality(withSpec(ctx, spec), tools);
      case 'assemble':
        return await assemble(withSpec(ctx, spec), tools);
      case 'publish':
        throw new TaskFailure('worker_error', 'publish is run by the edge');
      default:
        return spec satisfies never;
    }
  };
}

/** The same context, known to be that of one kind of task. */
function withSpec<Spec extends TaskSpec>(ctx: TaskContext, spec: Spec): TaskContext<Spec> {
  return { ...ctx, spec };
}
