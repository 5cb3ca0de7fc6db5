import { lastOf, type PlannedTask } from '@millrace/shared/media/plan.ts';
import { tracksRead } from '@millrace/shared/task/inputs.ts';
import { filesOf } from '@millrace/shared/task/outputs.ts';
import type { EncodeVideoSpec, TaskResult } from '@millrace/shared/task/task-spec.ts';
import type { EarlierJob, EarlierTask } from './find-earlier.ts';

/** What of an earlier job becomes part of this one, under names of this one. */
export interface TakenOver {
  jobId: string;
  taskId: string;
  result: TaskResult;
  /** Segments of a track of the earlier job: so many from `first` on. */
  tracks: { from: string; to: string; first: number; count: number }[];
  files: { from: string; to: string }[];
}

/** A task of the plan, or a part of one. */
export interface GraphTask extends PlannedTask {
  fingerprints: string[];
  /** Null when it is to be run. */
  takenOver: TakenOver | null;
}

/**
 * Puts what earlier jobs have made in the place of planned tasks. Of a task that encodes several renditions those are
 * left that nobody has made; a task that reads others' outputs is taken over only where all of these are. Segments of one
 * track all belong to one initialisation segment.
 *
 * @param fingerprints See `fingerprintTasks`.
 * @param earlier Best first.
 */
export function takeOver(
  tasks: readonly PlannedTask[],
  fingerprints: ReadonlyMap<string, string[]>,
  earlier: readonly EarlierJob[],
): GraphTask[] {
  const shelf = new Shelf(earlier);
  const partsOf = new Map<string, GraphTask[]>();
  for (const task of tasks) {
    if (task.spec.kind === 'publish') continue;
    const whole = { ...task, fingerprints: fingerprints.get(task.name) ?? [], takenOver: null };
    const needed = task.dependsOn.flatMap((name) => partsRead(task, partsOf.get(name) ?? []));
    const ready = needed.every((part) => part.takenOver !== null);
    const bound = { ...whole, dependsOn: needed.map((part) => part.name) };
    partsOf.set(task.name, ready ? split(bound, shelf) : [bound]);
  }
  const parts = [...partsOf.values()].flat();
  const last = lastOf(parts);
  const publish = tasks.filter((task) => task.spec.kind === 'publish');
  return [
    ...parts,
    ...publish.map((task) => ({ ...task, dependsOn: last, fingerprints: [], takenOver: null })),
  ];
}

/** The parts of a dependency that hold the tracks a task reads. */
function partsRead(task: PlannedTask, parts: GraphTask[]): GraphTask[] {
  const read = new Set(tracksRead(task.spec).map(({ track }) => track));
  return parts.filter((part) => tracksOf(part).some((track) => read.has(track)));
}

function tracksOf({ spec }: PlannedTask): string[] {
  switch (spec.kind) {
    case 'encode-video':
      return spec.renditions.map(({ name }) => name);
    case 'encode-audio':
      return [spec.track];
    default:
      return [];
  }
}

function split(task: GraphTask, shelf: Shelf): GraphTask[] {
  const { spec } = task;
  switch (spec.kind) {
    case 'encode-video':
      return splitRenditions({ ...task, spec }, shelf);
    case 'encode-audio': {
      const found = shelf.segments(task.fingerprints[0], spec.track);
      return [found ? takeSegments(task, found.task, [{ ...found, to: spec.track }]) : task];
    }
    default: {
      const found = shelf.files(task.fingerprints[0]);
      return [found ? { ...task, ...DONE, takenOver: takeFiles(task, found) } : task];
    }
  }
}

function splitRenditions(task: GraphTask & { spec: EncodeVideoSpec }, shelf: Shelf): GraphTask[] {
  const { spec } = task;
  const found = spec.renditions.map((rendition, i) => {
    const made = shelf.segments(task.fingerprints[i], rendition.name);
    return { rendition, print: task.fingerprints[i] ?? '', made };
  });
  const makers = [...new Set(found.flatMap(({ made }) => made?.task ?? []))];
  if (makers.length === 0) return [task];
  const done = makers.map((maker, i) => {
    const theirs = found.filter(({ made }) => made?.task === maker);
    const part = partOf(task, `${task.name}-done-${i}`, theirs);
    const from = theirs.flatMap(({ made, rendition }) => (made ? [{ ...made, to: rendition.name }] : []));
    return takeSegments(part, maker, from);
  });
  const missing = found.filter(({ made }) => made === null);
  return missing.length > 0 ? [...done, partOf(task, task.name, missing)] : done;
}

/** The same chunk for some of its renditions, which come out as if all were made. */
function partOf(
  task: GraphTask & { spec: EncodeVideoSpec },
  name: string,
  outputs: { rendition: EncodeVideoSpec['renditions'][number]; print: string }[],
): GraphTask {
  const renditions = outputs.map(({ rendition }) => rendition);
  const chain = task.spec.renditions.map(({ name, width, height }) => ({ name, width, height }));
  const fingerprints = outputs.map(({ print }) => print);
  return { ...task, name, fingerprints, spec: { ...task.spec, renditions, chain } };
}

/** What is there already is no work: progress and estimates count what is left. */
const DONE = { dependsOn: [], workTotal: 1 };

function takeSegments(
  task: GraphTask,
  maker: EarlierTask,
  tracks: { from: string; to: string }[],
): GraphTask {
  const { jobId, taskId, first, result } = maker;
  const count = 'segments' in result ? result.segments : 0;
  const ranges = tracks.map(({ from, to }) => ({ from, to, first, count }));
  return { ...task, ...DONE, takenOver: { jobId, taskId, result, tracks: ranges, files: [] } };
}

function takeFiles({ spec }: GraphTask, { jobId, taskId, name, result }: EarlierTask): TakenOver {
  const rename = (file: string) => {
    if (spec.kind === 'assemble') return spec.name;
    return spec.kind === 'subtitles' ? spec.track + file.slice(name?.length ?? 0) : file;
  };
  const files = filesOf(result).map((file) => ({ from: file.name, to: rename(file.name) }));
  return { jobId, taskId, result: renamed(result, spec, rename), tracks: [], files };
}

function renamed(
  result: TaskResult,
  spec: PlannedTask['spec'],
  rename: (file: string) => string,
): TaskResult {
  switch (result.kind) {
    case 'assemble':
      return { ...result, name: rename(result.name) };
    case 'subtitles':
      return { ...result, files: result.files.map((file) => ({ ...file, name: rename(file.name) })) };
    case 'measure-quality': {
      const names = spec.kind === 'measure-quality' ? spec.renditions.map((rendition) => rendition.name) : [];
      const renditions = result.renditions.map((one, i) => ({ ...one, name: names[i] ?? one.name }));
      return { ...result, renditions };
    }
    default:
      return result;
  }
}

/** What earlier jobs have made, by fingerprint. */
class Shelf {
  readonly #made = new Map<string, EarlierTask[]>();
  readonly #inits: Map<string, Record<string, string>>;
  /** Hash of the initialisation segment that each track of the new job has come to have. */
  readonly #chosen = new Map<string, string>();

  constructor(earlier: readonly EarlierJob[]) {
    this.#inits = new Map(earlier.map((job) => [job.jobId, job.inits]));
    for (const task of earlier.flatMap((job) => job.tasks)) {
      for (const print of task.fingerprints) {
        this.#made.set(print, [...(this.#made.get(print) ?? []), task]);
      }
    }
  }

  files(print: string | undefined): EarlierTask | null {
    return this.#made.get(print ?? '')?.[0] ?? null;
  }

  segments(print: string | undefined, track: string): { task: EarlierTask; from: string } | null {
    const standing = this.#chosen.get(track);
    for (const task of this.#made.get(print ?? '') ?? []) {
      const from = task.tracks[task.fingerprints.indexOf(print ?? '')] ?? '';
      const init = this.#inits.get(task.jobId)?.[from];
      if (init === undefined || (standing !== undefined && init !== standing)) continue;
      this.#chosen.set(track, init);
      return { task, from };
    }
    return null;
  }
}
