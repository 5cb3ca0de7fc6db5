import { readFile } from 'node:fs/promises';
import type { SupportRow } from '../support-row.ts';
import { AAC, testPicture, tone, X264 } from '../workshop.ts';

export const refusedRows: SupportRow[] = [
  {
    feature: 'Playlists in disguise',
    input: 'an HLS playlist named .mp4',
    result: 'opens nothing',
    fails: 'unsupported_format',
    file: ({ write }) =>
      write('a.mp4', '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'),
  },
  {
    feature: 'Codecs that are on no list',
    input: 'MagicYUV in Matroska',
    result: 'never opened',
    fails: 'unsupported_codec',
    file: ({ make }) => make('mkv', [...testPicture(0.2), '-c:v', 'magicyuv']),
  },
  {
    feature: 'Too many pixels',
    input: '8192 × 8192',
    result: 'at most 40 million',
    fails: 'source_exceeds_limits',
    file: ({ make }) =>
      make('mov', ['-f', 'lavfi', '-i', 'color=size=8192x8192:duration=0.04', '-c:v', 'mjpeg']),
  },
  {
    feature: 'Too many streams',
    input: '40 video streams',
    result: 'at most 32',
    fails: 'source_exceeds_limits',
    file: ({ make }) =>
      make('mkv', [
        ...testPicture(0.1, '25', '32x32'),
        ...X264,
        ...Array.from({ length: 40 }, () => ['-map', '0:v']).flat(),
      ]),
  },
  {
    feature: 'Too long',
    input: '11 hours in two frames',
    result: 'at most 8 hours',
    fails: 'source_exceeds_limits',
    file: ({ make }) =>
      make('mp4', ['-f', 'lavfi', '-i', 'color=size=32x32:rate=1/20000:duration=40000', ...X264]),
  },
  {
    feature: 'Cut off',
    input: 'the first 60 % of a faststart MP4',
    result: 'never a short film that looks whole',
    fails: 'source_truncated',
    async file({ make, write }) {
      const whole = await readFile(
        await make('mp4', [...testPicture(5), ...tone(5), ...X264, ...AAC, '-movflags', '+faststart']),
      );
      return write('cut.mp4', whole.subarray(0, Math.floor(whole.length * 0.6)));
    },
  },
  {
    feature: 'No media',
    input: 'a text',
    result: 'not a container that is known',
    fails: 'unsupported_format',
    file: ({ write }) => write('notes.mp4', 'just some notes\n'.repeat(100)),
  },
  {
    feature: 'Nothing to make',
    input: 'a silent film, and sound alone asked for',
    result: 'neither pictures nor sound',
    fails: 'nothing_to_encode',
    file: ({ make }) => make('mp4', [...testPicture(1), ...X264]),
    profile: { renditions: [] },
  },
  {
    feature: 'Trim past the end',
    input: '2 s, `start_seconds: 5`',
    result: 'the source ends before',
    fails: 'trim_out_of_range',
    file: ({ make }) => make('mp4', [...testPicture(2), ...X264]),
    profile: { start_seconds: 5 },
  },
];
