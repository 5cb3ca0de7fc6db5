import { expect } from 'vitest';
import type { Outcome } from '../outcome.ts';
import type { SupportRow } from '../support-row.ts';
import { testPicture, type Workshop, X264 } from '../workshop.ts';

const SRT =
  '1\n00:00:01,000 --> 00:00:02,500\nHello <i>there</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nGood bye\n';

/** A film with that text as a stream. */
function withText(extension: string, codec: string) {
  return async ({ make, write }: Workshop) => {
    const text = await write('text.srt', SRT);
    return make(extension, [
      ...testPicture(5),
      '-i',
      text,
      '-map',
      '0:v',
      '-map',
      '1',
      ...X264,
      '-c:s',
      codec,
      '-metadata:s:s:0',
      'language=eng',
    ]);
  };
}

function says(...cues: RegExp[]) {
  return async ({ job, text }: Outcome) => {
    const track = job.plan.subtitles[0]?.track;
    const vtt = await text(`${track}.vtt`);
    expect(vtt).toMatch(/^WEBVTT/);
    for (const cue of cues) expect(vtt).toMatch(cue);
    const piece = await text(`${track}/00000.vtt`);
    expect(piece).toContain('X-TIMESTAMP-MAP');
  };
}

const HELLO = /0?0?:?00:01\.000 --> (?:00:)?00:02\.500[^\n]*\nHello <i>there<\/i>/;
const BYE = /(?:00:)?00:03\.000 --> (?:00:)?00:04\.000[^\n]*\nGood bye/;

const sources: [string, string, string][] = [
  ['mov_text in MP4', 'mp4', 'mov_text'],
  ['SubRip in Matroska', 'mkv', 'srt'],
  ['ASS in Matroska', 'mkv', 'ass'],
  ['WebVTT in Matroska', 'mkv', 'webvtt'],
];

export const subtitleRows: SupportRow[] = [
  ...sources.map(
    ([input, extension, codec]): SupportRow => ({
      feature: 'Text subtitles',
      input,
      result: 'WebVTT, whole and in pieces, with its language',
      file: withText(extension, codec),
      async check(outcome) {
        expect(outcome.job.plan.subtitles[0]?.language).toBe('eng');
        await says(HELLO, BYE)(outcome);
      },
    }),
  ),
  {
    feature: 'Subtitles of a trimmed film',
    input: 'SubRip in Matroska, `start_seconds: 2`',
    result: 'cues moved to the new time zero, and cut there',
    file: withText('mkv', 'srt'),
    profile: { start_seconds: 2 },
    check: says(
      /00:00\.000 --> (?:00:)?00:00\.500[^\n]*\nHello/,
      /00:01\.000 --> (?:00:)?00:02\.000[^\n]*\nGood bye/,
    ),
  },
  {
    feature: 'A file beside the film',
    input: '`.srt` sent with the job',
    result: 'WebVTT, whole and in pieces, with its language',
    file: ({ make }) => make('mp4', [...testPicture(5), ...X264]),
    sidecar: { name: 'text.srt', text: SRT, language: 'en' },
    check: says(HELLO, BYE),
  },
  {
    feature: 'A file beside the film',
    input: '`.vtt` sent with the job',
    result: 'the same',
    file: ({ make }) => make('mp4', [...testPicture(5), ...X264]),
    sidecar: {
      name: 'text.vtt',
      text: 'WEBVTT\n\nNOTE made by hand\n\n00:01.000 --> 00:02.500 line:90%\nHello <i>there</i>\n\n00:03.000 --> 00:04.000\nGood bye\n',
      language: 'en',
    },
    check: says(HELLO, BYE),
  },
];
