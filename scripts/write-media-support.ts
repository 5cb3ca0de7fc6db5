import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FAILURES } from '@millrace/shared/task/failure-codes.ts';
import { repositoryRoot } from '../deploy/local/stack/repository-root.ts';
import {
  AUDIO_CODECS,
  BITMAP_SUBTITLES,
  TEXT_SUBTITLES,
  VIDEO_CODECS,
} from '../worker-node/src/media/codecs.ts';
import { MAX_DIGEST_BYTES } from '../worker-node/src/media/digest-source.ts';
import { CONTAINERS } from '../worker-node/src/media/formats.ts';
import { LIMITS } from '../worker-node/src/media/limits.ts';
import { SUPPORT } from '../worker-node/src/support/rows.ts';
import { writeSupportTable } from '../worker-node/src/support/write-support-table.ts';

export const MEDIA_SUPPORT_PAGE = join(repositoryRoot, 'docs/media-support.md');

/** The lists of docs/media-support.md, from the tables that the workers use. */
function mediaSupportLists(): string {
  return [
    '# What a source may be',
    'Closed lists, written from the code by `scripts/write-media-support.ts`. Everything else is refused by name: `unsupported_format` or `unsupported_codec`.',
    '## Containers',
    table(
      ['container', 'demuxer', 'read'],
      Object.entries(CONTAINERS).map(([demuxer, { name, exactSeek }]) => [
        name,
        `\`${demuxer}\``,
        exactSeek ? 'in place' : 'after one copy',
      ]),
    ),
    'The demuxer is forced from the first look on. Files without an index (fragments, live recordings) are copied too: streams as they are, into MP4, MOV or Matroska.',
    '## Codecs',
    table(
      ['of', 'codecs'],
      [
        ['pictures', names(VIDEO_CODECS)],
        ['sound', names(AUDIO_CODECS)],
        ['text', names(TEXT_SUBTITLES)],
      ],
    ),
    'Only the decoders of these are ever opened on what is encoded. ProRes is every profile up to 4444 XQ, `dnxhd` is DNxHD and DNxHR.',
    '## What is left out',
    [
      `- Bitmap subtitles (${BITMAP_SUBTITLES.join(', ')}): listed in \`skipped\` as \`bitmap_subtitles\`.`,
      '- Sound in another codec beside sound in one of these, teletext, data: `unsupported_codec`. When it is all the sound there is, the job fails.',
      '- Video streams after the first: `further_video`. Tracks without a sample: `empty`.',
      '- Cover art, metadata, chapters and places: dropped.',
    ].join('\n'),
    '## Limits',
    table(
      ['of', 'at most'],
      [
        ['pixels of a picture', number(LIMITS.pixels)],
        ['streams', number(LIMITS.streams)],
        ['length', `${LIMITS.durationMicros / 3_600_000_000} h`],
        ['frames', number(LIMITS.frames)],
        [
          'bytes and time to find the streams',
          `${LIMITS.probeBytes / 1e6} MB, ${LIMITS.analyzeMicros / 1e6} s`,
        ],
      ],
    ),
    'Beyond them it is `source_exceeds_limits`. Each ffmpeg also has an allowance of CPU time, wall time, memory and output, many times what its task should take ([`allowance.ts`](../worker-node/src/media/allowance.ts)), which the kernel holds it to where `prlimit` is installed.',
    `The digest of a source is the SHA-256 of its bytes up to ${MAX_DIGEST_BYTES / 1024 ** 2} MiB and for copied sources, otherwise the content hash that storage gives as its ETag.`,
    '## Why a job fails',
    table(
      ['code', 'tried again', 'meaning'],
      Object.entries(FAILURES).map(([code, { retryable, meaning }]) => [
        `\`${code}\``,
        retryable ? 'yes' : 'no',
        meaning,
      ]),
    ),
  ].join('\n\n');
}

/** The page: the closed lists, then what was tried. */
export function mediaSupportPage(): string {
  return [
    mediaSupportLists(),
    '## What was tested',
    'Each line is a test that takes a real file through analysis, plan and all tasks, and looks at what came out (`worker-node/src/support`).',
    writeSupportTable(SUPPORT),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function names(codecs: Readonly<Record<string, unknown>>): string {
  return Object.keys(codecs)
    .map((name) => `\`${name}\``)
    .join(', ');
}

function number(value: number): string {
  return value.toLocaleString('en');
}

if (import.meta.main) await writeFile(MEDIA_SUPPORT_PAGE, mediaSupportPage());
