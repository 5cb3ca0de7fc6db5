import { type MediaInfo, mediaInfo } from '@millrace/shared/media/media-info.ts';
import { planJob } from '@millrace/shared/media/plan.ts';
import { profileObject } from '@millrace/shared/media/profile.ts';
import pg from 'pg';
import { z } from 'zod';

const HOUR_MICROS = 3_600_000_000;

const row = z.object({ media_info: mediaInfo, profile: profileObject, chunks: z.coerce.number() });

/** How many chunks a job had, and how many an hour of the same film would have on as many slots. */
export async function chunksOf(
  databaseUrl: string,
  jobId: string,
  slots: number,
): Promise<{ chunks: number; chunksOfAnHour: number }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select media_info, profile, (select count(*) from tasks t where t.job_id = j.id and t.kind = 'encode-video') as chunks
       from jobs j where id = $1`,
      [jobId],
    );
    const job = row.parse(rows[0]);
    const hour = planJob({
      mediaInfo: lasting(job.media_info, HOUR_MICROS),
      profile: job.profile,
      fleet: { slots },
      sidecars: [],
    });
    if (!hour.planned) throw new Error(hour.message);
    const chunksOfAnHour = hour.tasks.filter(({ spec }) => spec.kind === 'encode-video').length;
    return { chunks: job.chunks, chunksOfAnHour };
  } finally {
    await client.end();
  }
}

function lasting(info: MediaInfo, micros: number): MediaInfo {
  const endMicros = info.originMicros + micros;
  return {
    ...info,
    durationMicros: micros,
    video: info.video && { ...info.video, endMicros },
    audio: info.audio.map((stream) => ({ ...stream, endMicros })),
  };
}
