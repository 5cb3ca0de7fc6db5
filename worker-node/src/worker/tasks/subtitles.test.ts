import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { SidecarRef, SubtitlesSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clip } from '../../testing/clips.ts';
import { fakeAttempt } from '../../testing/fake-attempt.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { analyzeFile, SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { subtitles } from './subtitles.ts';

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

const SRT = `1
00:00:00,500 --> 00:00:01,250
Hello <i>world</i> & <b>all</b>

2
00:00:02,033 --> 00:00:04,000
Two
lines

3
00:00:05,000 --> 00:00:07,777
{\\an8}<font color="#ff0000">Bye</font>
`;

const ASS = `[Script Info]
ScriptType: v4.00+
PlayResX: 160
PlayResY: 120

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.50,0:00:01.25,Default,,0,0,0,,{\\fad(100,100)}Hello {\\i1}world{\\i0} & {\\b1}all{\\b0}
Dialogue: 0,0:00:02.03,0:00:04.00,Default,,0,0,0,,Two\\Nlines
Dialogue: 1,0:00:02.03,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100 0 100{\\p0}
Dialogue: 0,0:00:05.00,0:00:07.77,Default,,0,0,0,,{\\an8\\c&H0000FF&}Bye
`;

const VTT = `WEBVTT

00:00.500 --> 00:01.250 line:0 align:start
Hello <i>world</i> &amp; <b>all</b>

00:02.033 --> 00:04.000
Two
lines

00:05.000 --> 00:07.777
<c.red>Bye</c>
`;

/** The same three texts in every codec; what differs is what the codec cannot say. */
const WHOLE = [
  'WEBVTT',
  '00:00:00.500 --> 00:00:01.250\nHello <i>world</i> &amp; <b>all</b>',
  '00:00:02.033 --> 00:00:04.000\nTwo\nlines',
  '00:00:05.000 --> 00:00:07.777\nBye\n',
].join('\n\n');

const MUXES: [name: string, file: string, text: string, argv: string[], expected: string][] = [
  ['SubRip in Matroska', 'subrip.mkv', SRT, ['-c:s', 'subrip'], WHOLE],
  ['Timed Text in MP4', 'timed-text.mp4', SRT, ['-c:s', 'mov_text'], WHOLE],
  [
    'ASS in Matroska',
    'ass.mkv',
    ASS,
    // Times are in hundredths of the container's clock, which begins with the sound.
    ['-c:s', 'copy', '-an'],
    WHOLE.replace('02.033', '02.030').replace('07.777', '07.770'),
  ],
  [
    'WebVTT in Matroska',
    'webvtt.mkv',
    VTT,
    ['-c:s', 'copy'],
    WHOLE.replace('01.250\n', '01.250 line:0 align:start\n').replace('Bye', '<c.red>Bye</c>'),
  ],
];

/** The "ntsc" clip, 9 s, with text in it. */
async function mux(file: string, text: string, argv: string[]): Promise<string> {
  const suffix = text === ASS ? 'ass' : text.startsWith('WEBVTT') ? 'vtt' : 'srt';
  const [script, target] = [join(env.scratch, `text.${suffix}`), join(env.scratch, file)];
  await writeFile(script, text);
  const inputs = ['-i', await clip('ntsc'), '-i', script, '-map', '0', '-map', '1', '-c', 'copy'];
  await execa('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...inputs, ...argv, target]);
  return target;
}

/** The subtitle tasks of a file, as planned; run one after another. Their files as text, by name. */
async function run(file: string, profile = {}): Promise<{ cues: number[]; files: Map<string, string> }> {
  const mediaInfo = await analyzeFile(storage, env, file);
  const outcome = planJob({
    ...{ mediaInfo, fleet: { slots: 2 }, sidecars: [] },
    profile: { ...SMALL_PROFILE, ...profile },
  });
  if (!outcome.planned) throw new Error(outcome.message);
  const files = new Map<string, string>();
  const cues: number[] = [];
  for (const { spec } of outcome.tasks) {
    if (spec.kind !== 'subtitles' || !('source' in spec.from)) continue;
    const done = await runSpec(spec, new Map([['source', spec.from.source.key]]));
    cues.push(done.cues);
    for (const [name, text] of done.files) files.set(name, text);
  }
  return { cues, files };
}

async function runSpec(spec: SubtitlesSpec, inputs: Map<string, string>) {
  const taskId = `subtitles-${storage.objects.size}`;
  const attempt = await fakeAttempt(storage, env.scratch, spec, { taskId, inputs });
  const result = await subtitles(attempt.ctx, env.tools);
  const files = result.files.map(({ name, sizeBytes }): [string, string] => {
    const stored = storage.objects.get(attempt.key(name)) ?? Buffer.alloc(0);
    expect(stored.length).toBe(sizeBytes);
    return [name, stored.toString()];
  });
  return { cues: result.cues, files: new Map(files) };
}

describe('text in a source', () => {
  test.each(MUXES)('%s', async (_, file, text, argv, expected) => {
    const { cues, files } = await run(await mux(file, text, argv));
    expect(files.get('subs-0.vtt')).toBe(expected);
    expect([...files.keys()]).toEqual(['subs-0.vtt', 'subs-0/00000.vtt']);
    expect(cues).toEqual([3]);
  });

  test('a trimmed job has the text of its stretch, from its beginning', async () => {
    const file = await mux('trimmed.mkv', SRT, ['-c:s', 'subrip']);
    const { files } = await run(file, { start_seconds: 3.003, end_seconds: 6.006 });
    expect(files.get('subs-0.vtt')).toBe(
      'WEBVTT\n\n00:00:00.000 --> 00:00:00.997\nTwo\nlines\n\n00:00:01.997 --> 00:00:03.003\nBye\n',
    );
  });

  test('a container whose clock does not begin at zero', async () => {
    const late = join(env.scratch, 'late.mkv');
    const file = await mux('subrip.mkv', SRT, ['-c:s', 'subrip']);
    const shift = ['-map', '0', '-c', 'copy', '-copyts', '-output_ts_offset', '600'];
    await execa('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', file, ...shift, late]);
    expect((await run(late)).files.get('subs-0.vtt')).toBe(WHOLE);
  });

  test('a track that says nothing is a track', async () => {
    const far = SRT.replaceAll('00:00:', '00:10:');
    const { cues, files } = await run(await mux('far.mkv', far, ['-c:s', 'subrip']), { end_seconds: 9 });
    expect(cues).toEqual([0]);
    expect(files.get('subs-0.vtt')).toBe('WEBVTT\n');
    expect(files.get('subs-0/00000.vtt')).toContain('X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000');
  });

  test('each of several tracks', async () => {
    const file = await mux('subrip.mkv', SRT, ['-c:s', 'subrip']);
    const both = join(env.scratch, 'both.mkv');
    const other = join(env.scratch, 'other.srt');
    await writeFile(other, SRT.replace('Bye', 'Au revoir'));
    const argv = ['-i', file, '-i', other, '-map', '0', '-map', '1', '-c', 'copy'];
    await execa('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...argv, both]);
    const { files } = await run(both);
    expect(files.get('subs-0.vtt')).toContain('Bye');
    expect(files.get('subs-1.vtt')).toContain('Au revoir');
  });
});

describe('a file beside the source', () => {
  const put = (bytes: Buffer): SidecarRef => {
    const key = `uploads/project-1/sidecar-${storage.objects.size}/text.srt`;
    storage.objects.set(key, bytes);
    return { key, sizeBytes: bytes.length, etag: storage.etag(key), format: 'srt' };
  };
  const specOf = (sidecar: SidecarRef, originMicros = 0): SubtitlesSpec => ({
    kind: 'subtitles',
    from: { sidecar, originMicros },
    ...{ track: 'subs-0', durationMicros: 9_000_000, segmentMicros: 3_000_000, segments: 3 },
  });
  const send = (sidecar: SidecarRef, originMicros = 0) =>
    runSpec(specOf(sidecar, originMicros), new Map([['sidecar', sidecar.key]]));

  test('whole, and in pieces that repeat what goes on', async () => {
    const { cues, files } = await send(put(Buffer.from(SRT)));
    expect(cues).toBe(3);
    expect(files.get('subs-0.vtt')).toBe(WHOLE);
    const head = 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n';
    const two = '00:00:02.033 --> 00:00:04.000\nTwo\nlines\n';
    const bye = '00:00:05.000 --> 00:00:07.777\nBye\n';
    const hello = '00:00:00.500 --> 00:00:01.250\nHello <i>world</i> &amp; <b>all</b>\n';
    expect(files.get('subs-0/00000.vtt')).toBe(`${head}${hello}\n${two}`);
    expect(files.get('subs-0/00001.vtt')).toBe(`${head}${two}\n${bye}`);
    expect(files.get('subs-0/00002.vtt')).toBe(`${head}${bye}`);
  });

  test('counts from the start of the source, the result from where it begins', async () => {
    const { files } = await send(put(Buffer.from(SRT)), 3_000_000);
    expect(files.get('subs-0.vtt')).toBe(
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nTwo\nlines\n\n00:00:02.000 --> 00:00:04.777\nBye\n',
    );
  });

  test('without any text', async () => {
    const failed = send(put(Buffer.from('1\nthere are no times\n')));
    await expect(failed).rejects.toMatchObject({ code: 'source_unreadable' });
  });

  test('too large', async () => {
    const sidecar = { ...put(Buffer.from(SRT)), sizeBytes: 9 * 1024 * 1024 };
    const before = storage.requests.length;
    await expect(send(sidecar)).rejects.toMatchObject({ code: 'source_exceeds_limits' });
    expect(storage.requests.length).toBe(before);
  });

  test('with texts that are all shown all the time', async () => {
    const long = Array.from(
      { length: 1_900 },
      (_, i) => `00:00.000 --> 01:00.000\n${i} ${'x'.repeat(4_000)}\n`,
    );
    const sidecar = put(Buffer.from(long.join('\n')));
    const spec = { ...specOf(sidecar), durationMicros: 60_000_000, segmentMicros: 1_000_000, segments: 60 };
    const failed = runSpec(spec, new Map([['sidecar', sidecar.key]]));
    await expect(failed).rejects.toMatchObject({ code: 'source_exceeds_limits' });
  });

  test('replaced since, or gone', async () => {
    const sidecar = put(Buffer.from(SRT));
    storage.objects.set(sidecar.key, Buffer.from(SRT.replace('Bye', 'Boo')));
    await expect(send(sidecar)).rejects.toMatchObject({ code: 'source_changed' });
    storage.objects.delete(sidecar.key);
    await expect(send(sidecar)).rejects.toMatchObject({ code: 'source_missing' });
  });
});
