import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import type { Trace } from '@millrace/shared/trace/trace.ts';
import type { Logger } from '../logger.ts';
import type { SignedRequest } from '../transfer/signed-request.ts';

/** An initialisation segment as announced: see TrackInit in fleet.proto. */
export interface AnnouncedInit {
  track: string;
  name: string;
  sha256: string;
  sizeBytes: number;
  codecs: string;
  width: number;
  height: number;
}

/** A stored, verified segment as announced: see Segment in fleet.proto. */
export interface AnnouncedSegment {
  track: string;
  number: number;
  name: string;
  sizeBytes: number;
  /** Frames for video, samples for audio. */
  length: number;
  /** Bytes from its beginning to the end of its first picture; 0 for sound. */
  keyBytes: number;
  initSha256: string;
}

/** What a task may know and do while it runs. One per attempt. */
export interface TaskContext<Spec extends TaskSpec = TaskSpec> {
  taskId: string;
  attempt: number;
  jobId: string;
  projectId: string;
  spec: Spec;
  /** Fires when the lease is lost, the job is canceled or the worker drains; ffmpeg and transfers end with it. */
  signal: AbortSignal;
  /** Empty, private to the attempt, removed when it ends. */
  scratchDir: string;
  log: Logger;
  /** Where spans of its work are hung. Absent: nowhere. */
  trace?: Trace;
  /** Initialisation segments that already stand, by track: sha256. */
  knownInits: ReadonlyMap<string, string>;
  /** Segments that earlier attempts announced: `{track}/{number}`. */
  announced: ReadonlySet<string>;
  /** Names of everything the attempt may read, in the order the edge gave them. */
  inputNames: readonly string[];
  /** A presigned GET; `fresh` asks the edge for a new one after a 403. */
  input(name: string, fresh?: boolean): Promise<SignedRequest>;
  /** A presigned PUT with If-None-Match: *. */
  output(name: string, fresh?: boolean): Promise<SignedRequest>;
  /** Work done so far, in the task's units. Sent with the next heartbeat. */
  progress(workDone: number): void;
  /** Sent at once when a track begins, otherwise within a second; segments and inits must be stored before. */
  announce(init: AnnouncedInit | null, segments: AnnouncedSegment[]): void;
  /** So many bytes of the source were fetched from storage for this attempt. Sent with the next report. */
  sourceRead(bytes: number): void;
  /** A program that the task ran has used so much CPU time. Sent with the report of its end. */
  cpuUsed(micros: number): void;
  /** Keeps the last lines of ffmpeg's log for whoever asks later. */
  logLine(line: string): void;
}
