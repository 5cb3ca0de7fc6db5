import { create, type JsonObject } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { JobStatus as Status } from '@millrace/shared/job/job-state.ts';
import {
  AudioTrackSchema,
  type Job,
  type JobEvent,
  JobEventSchema,
  JobSchema,
  JobStatus,
  QualitySchema,
  RenditionSchema,
  SkippedStreamSchema,
  type Source,
  SourceSchema,
  SubtitleTrackSchema,
} from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import type { JobEventRecord } from '../jobs/load-events.ts';
import type { JobView } from '../jobs/view-job.ts';

const STATUSES: Record<Status, JobStatus> = {
  queued: JobStatus.QUEUED,
  processing: JobStatus.PROCESSING,
  completed: JobStatus.COMPLETED,
  failed: JobStatus.FAILED,
  canceled: JobStatus.CANCELED,
};

export function jobMessage(view: JobView): Job {
  return create(JobSchema, {
    id: view.id,
    status: STATUSES[view.status],
    progress: view.progress,
    ...present('etaSeconds', mapped(view.etaSeconds, BigInt)),
    ...present('inputKey', view.inputKey),
    ...present('inputUrl', view.inputUrl),
    profile: struct(view.profile),
    ...present('source', mapped(view.source, sourceMessage)),
    renditions: view.renditions.map(renditionMessage),
    ...present('hlsKey', view.hlsKey),
    ...present('hlsUrl', view.hlsUrl),
    ...present('dashKey', view.dashKey),
    ...present('dashUrl', view.dashUrl),
    ...present('posterKey', view.posterKey),
    ...present('posterUrl', view.posterUrl),
    ...present('storyboardKey', view.storyboardKey),
    ...present('storyboardUrl', view.storyboardUrl),
    audio: view.audio.map(audioMessage),
    subtitles: view.subtitles.map(subtitleMessage),
    skipped: view.skipped.map(skippedMessage),
    tasks: view.tasks,
    ...present('error', view.error),
    metadata: struct(view.metadata),
    tags: view.tags,
    priority: view.priority,
    ...present('notBefore', mapped(view.notBefore, timestamp)),
    public: view.public,
    legalHold: view.legalHold,
    actor: view.actor,
    retries: view.retries,
    createdAt: timestamp(view.createdAt),
    ...present('startedAt', mapped(view.startedAt, timestamp)),
    ...present('playableAt', mapped(view.playableAt, timestamp)),
    ...present('finishedAt', mapped(view.finishedAt, timestamp)),
  });
}

export function eventMessage({ number, type, at, actor, data }: JobEventRecord): JobEvent {
  return create(JobEventSchema, { number, type, at: timestamp(at), actor, data: struct(data) });
}

function timestamp(iso: string): Timestamp {
  return timestampFromDate(new Date(iso));
}

function sourceMessage(source: NonNullable<JobView['source']>): Source {
  return create(SourceSchema, {
    ...present('width', source.width),
    ...present('height', source.height),
    durationSeconds: source.durationSeconds,
    ...present('frameRate', source.frameRate),
    ...present('videoCodec', source.videoCodec),
    ...present('audioCodec', source.audioCodec),
    ...present('audioChannels', source.audioChannels),
    container: source.container,
    ...present('rotation', source.rotation),
    ...present('bitrateKbps', mapped(source.bitrateKbps, BigInt)),
    sizeBytes: BigInt(source.sizeBytes),
    ...present('digest', source.digest),
    interlaced: source.interlaced,
    hdr: source.hdr,
    closedCaptions: source.closedCaptions,
    audioTracks: source.audioTracks,
    subtitleTracks: source.subtitleTracks,
    bytesRead: BigInt(source.bytesRead),
  });
}

function renditionMessage(made: JobView['renditions'][number]) {
  const { outputKey, playlistKey, bitrateKbps, sizeBytes, frameRate, quality, ...rest } = made;
  return create(RenditionSchema, {
    ...rest,
    bitrateKbps: BigInt(bitrateKbps),
    sizeBytes: BigInt(sizeBytes),
    ...present('frameRate', frameRate),
    ...present('outputKey', outputKey),
    ...present('playlistKey', playlistKey),
    ...present('quality', mapped(quality, qualityMessage)),
  });
}

function qualityMessage({ vmaf, ...rest }: NonNullable<JobView['renditions'][number]['quality']>) {
  return create(QualitySchema, { ...rest, ...present('vmaf', vmaf) });
}

function audioMessage(made: JobView['audio'][number]) {
  const { language, title, bitrateKbps, sizeBytes, outputKey, playlistKey, ...rest } = made;
  return create(AudioTrackSchema, {
    ...rest,
    bitrateKbps: BigInt(bitrateKbps),
    sizeBytes: BigInt(sizeBytes),
    ...present('language', language),
    ...present('title', title),
    ...present('outputKey', outputKey),
    ...present('playlistKey', playlistKey),
  });
}

function subtitleMessage(made: JobView['subtitles'][number]) {
  const { language, title, outputKey, playlistKey, ...rest } = made;
  return create(SubtitleTrackSchema, {
    ...rest,
    ...present('language', language),
    ...present('title', title),
    ...present('outputKey', outputKey),
    ...present('playlistKey', playlistKey),
  });
}

function skippedMessage({ language, ...rest }: JobView['skipped'][number]) {
  return create(SkippedStreamSchema, { ...rest, ...present('language', language) });
}

/** Postgres held it as JSON: it is nothing else. */
function struct(value: Record<string, unknown>): JsonObject {
  return value as JsonObject;
}

function mapped<T, R>(value: T | null, map: (value: T) => R): R | null {
  return value === null ? null : map(value);
}

/** What is null here is absent on the wire. */
function present<K extends string, T>(name: K, value: T | null): { [name in K]?: T } {
  return value === null ? {} : ({ [name]: value } as { [name in K]: T });
}
