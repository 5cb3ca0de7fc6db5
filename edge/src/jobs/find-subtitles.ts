import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { MAX_SUBTITLE_BYTES, SUBTITLE_FORMATS } from '../uploads/recognise-subtitles.ts';
import type { JobInput } from './job-input.ts';

/** The first subtitle file of a job that cannot be one. */
export const badSubtitles = z.object({ place: z.number(), found: z.boolean() });
export type BadSubtitles = z.infer<typeof badSubtitles>;

/** Subtitle files of a job as the CTEs read them. */
export function subtitleRows(input: JobInput) {
  return input.subtitles.map(({ upload_id, input_key, language, label }) => ({
    ...{ uploadId: upload_id ?? null, key: input_key ?? null },
    ...{ language: language ?? null, title: label ?? null },
  }));
}

/**
 * CTEs `subtitle` and `sidecar`. The second has the id of every job of `input`, its sidecars as shared `sidecar` has
 * them, and which of its files is a bad one. Only completed uploads of the project count: their text was looked at then.
 */
export function findSubtitles(projectId: string): SQL {
  const names = `\\.(${SUBTITLE_FORMATS.join('|')})$`;
  return sql`
      subtitle as (
        select i."jobId" as id, s.place::int as place, s.file, u.id is not null as found,
               coalesce(u.object_key ~* ${names} and u.size_bytes <= ${MAX_SUBTITLE_BYTES}::int, false) as fits,
               jsonb_build_object('file', jsonb_build_object(
                 'key', u.object_key, 'sizeBytes', u.size_bytes, 'etag', u.etag,
                 'format', lower(right(u.object_key, 3))),
                 'language', s.file -> 'language', 'title', s.file -> 'title') as sidecar
        from input i cross join lateral jsonb_array_elements(i.subtitles) with ordinality s(file, place)
        left join lateral (
          select * from uploads u
          where (u.id = (s.file ->> 'uploadId')::uuid or u.object_key = s.file ->> 'key')
            and u.project_id = ${projectId}::text and u.status = 'completed' and u.etag is not null
            and not exists (select 1 from erasures e where e.prefix = u.object_key)
          limit 1
        ) u on true
      ),
      sidecar as (
        select i."jobId" as id, coalesce(jsonb_agg(s.sidecar order by s.place) filter (where s.id is not null), '[]') as list,
               (array_agg(jsonb_build_object('place', s.place, 'found', s.found) order by s.place)
                 filter (where not s.fits))[1] as bad
        from input i left join subtitle s on s.id = i."jobId" group by i."jobId"
      )`;
}

export function refuseSubtitles({ subtitles }: JobInput, { place, found }: BadSubtitles): Refusal {
  const file = subtitles[place - 1];
  const name = file?.input_key ?? file?.upload_id ?? '';
  return found
    ? new Refusal(
        'unsupported_subtitles',
        `subtitles.${place - 1}: "${name}" is no .srt or .vtt file of at most ${MAX_SUBTITLE_BYTES} bytes.`,
      )
    : new Refusal(
        'subtitles_not_found',
        `subtitles.${place - 1}: there is no completed upload "${name}". Upload it first.`,
      );
}
