import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clip } from '../../testing/clips.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { analyzeFile } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';

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

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:duration=3'];
const SOUND = ['-f', 'lavfi', '-i', 'sine=duration=3:sample_rate=48000'];
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

async function made(name: string, argv: readonly string[]): Promise<string> {
  const file = join(env.scratch, name);
  await execa('ffmpeg', ['-nostdin', '-v', 'error', ...argv, '-y', file]);
  return file;
}

async function analyzed(name: string, argv: readonly string[]): Promise<MediaInfo> {
  return analyzeFile(storage, env, await made(name, argv));
}

async function written(name: string, text: string | Buffer): Promise<string> {
  const file = join(env.scratch, name);
  await writeFile(file, text);
  return file;
}

describe('of long sound it is known whether a part of it can be decoded by itself', () => {
  const LONG = ['-f', 'lavfi', '-i', 'sine=duration=605:sample_rate=22050'];
  const FILM = [
    ...LONG,
    '-f',
    'lavfi',
    '-i',
    'color=s=64x64:r=1:d=605',
    ...X264,
    '-c:a',
    'aac',
    '-b:a',
    '32k',
  ];
  const exactness = (info: MediaInfo) => info.audio.map(({ sampleExact }) => sampleExact);

  test.each([
    ['AAC in MP4', 'long.m4a', ['-c:a', 'aac', '-b:a', '32k'], true],
    ['PCM in QuickTime', 'long.mov', ['-c:a', 'pcm_s16be'], true],
    ['Matroska, whose times are milliseconds', 'long.mka', ['-c:a', 'aac', '-b:a', '32k'], undefined],
  ] as const)('%s: %s', async (_, name, argv, expected) => {
    expect(exactness(await analyzed(name, [...LONG, ...argv]))).toEqual([expected]);
  });

  test('a film, and of its tracks those alone that are long enough', async () => {
    const short = ['-f', 'lavfi', '-i', 'sine=duration=20:sample_rate=22050'];
    const maps = ['-map', '1', '-map', '0', '-map', '2'];
    const two = [...FILM.slice(0, 8), ...short, ...maps, ...FILM.slice(8)];
    expect(exactness(await analyzed('long.mp4', two))).toEqual([true, undefined]);
  });

  test('sound whose first packet is heard in part, as Apple’s encoders and cuts leave it', async () => {
    const long = await made('uncut.m4a', [...LONG, '-c:a', 'aac', '-b:a', '32k']);
    const cut = await analyzed('cut.m4a', ['-ss', '0.01', '-i', long, '-c', 'copy']);
    expect(exactness(cut)).toEqual([true]);
  });

  test('what counted milliseconds before it came into MP4', async () => {
    const matroska = await made('long-film.mkv', FILM);
    expect(exactness(await analyzed('copied.mp4', ['-i', matroska, '-c', 'copy']))).toEqual([false]);
    expect(exactness(await analyzed('long.flv', FILM))).toEqual([false]);
  });

  test('a track with a hole in it', async () => {
    const half = await made('half.mp4', [
      '-i',
      await made('whole.m4a', [...LONG, '-c:a', 'aac']),
      '-t',
      '300',
      '-c',
      'copy',
    ]);
    const list = await written('list.txt', [`file '${half}'`, 'duration 310', `file '${half}'`].join('\n'));
    const info = await analyzed('hole.mp4', ['-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy']);
    expect(info.durationMicros).toBeGreaterThan(600_000_000);
    expect(exactness(info)).toEqual([false]);
  });
});

describe('sound alone', () => {
  test.each([
    ['voice.mp3', ['-c:a', 'libmp3lame'], 'mp3', 'mov'],
    ['voice.m4a', ['-c:a', 'aac'], 'aac', 'mov'],
    ['voice.wav', ['-c:a', 'pcm_s24le'], 'pcm_s24le', 'wav'],
    ['voice.flac', ['-c:a', 'flac'], 'flac', 'flac'],
    ['voice.ogg', ['-c:a', 'libopus'], 'opus', 'mov'],
    ['voice.oga', ['-c:a', 'libvorbis'], 'vorbis', 'matroska'],
    ['voice.aac', ['-c:a', 'aac'], 'aac', 'mov'],
    ['voice.ac3', ['-c:a', 'ac3'], 'ac3', 'mov'],
    ['voice.mov', ['-c:a', 'pcm_s16be'], 'pcm_s16be', 'mov'],
    ['voice.mkv', ['-c:a', 'pcm_f32le'], 'pcm_f32le', 'matroska'],
    ['voice.webm', ['-c:a', 'libopus', '-live', '1'], 'opus', 'mov'],
    ['voice.ts', ['-c:a', 'mp2', '-muxdelay', '0'], 'mp2', 'matroska'],
  ] as const)('%s', async (name, argv, codec, demuxer) => {
    const info = await analyzed(name, [...SOUND, ...argv]);
    expect(info.video).toBeNull();
    expect(info).toMatchObject({ demuxer, audio: [{ codec, channels: 1, sampleRate: 48_000 }] });
    expect(info.originMicros).toBe(info.audio[0]?.startMicros);
    // Encoders add and repeat a few packets at the ends.
    expect(Math.abs(info.durationMicros - 3_000_000)).toBeLessThan(100_000);
  });

  test('a length that the header of an MP3 or ADTS gets wrong is measured', async () => {
    const argv = ['-f', 'lavfi', '-i', 'sine=duration=8', '-f', 'lavfi', '-i', 'anullsrc'];
    const uneven = [
      '-filter_complex',
      '[1]atrim=duration=22[s];[0][s]concat=v=0:a=1',
      '-c:a',
      'aac',
      '-b:a',
      '96k',
    ];
    const info = await analyzed('uneven.aac', [...argv, ...uneven]);
    expect(Math.abs(info.durationMicros - 30_000_000)).toBeLessThan(100_000);
  });

  test.each([
    ['mjpeg', '.mp3', ['-c:a', 'libmp3lame', '-id3v2_version', '3']],
    ['png', '.m4a', ['-c:a', 'aac']],
    ['png', '.flac', ['-c:a', 'flac']],
  ] as const)('cover art in %s on a %s is not a film', async (picture, extension, argv) => {
    const cover = ['-f', 'lavfi', '-i', 'color=red:size=64x64:duration=0.04', '-map', '0', '-map', '1'];
    const attached = ['-c:v', picture, '-frames:v', '1', '-disposition:v:0', 'attached_pic'];
    const info = await analyzed(`cover${extension}`, [...SOUND, ...cover, ...argv, ...attached]);
    expect(info.video).toBeNull();
    expect(info.skipped).toEqual([]);
  });

  test('a track that ends before its header says so is cut off', async () => {
    const whole = await readFile(await made('whole.flac', [...SOUND, '-c:a', 'flac']));
    const cut = await written('cut.flac', whole.subarray(0, Math.floor(whole.length / 3)));
    await expect(analyzeFile(storage, env, cut)).rejects.toMatchObject({ code: 'source_truncated' });
    const wave = await readFile(await made('whole.wav', SOUND));
    const cutWave = await written('cut.wav', wave.subarray(0, Math.floor(wave.length / 3)));
    await expect(analyzeFile(storage, env, cutWave)).rejects.toMatchObject({ code: 'source_truncated' });
  });
});

test('pictures without sound', async () => {
  const info = await analyzeFile(storage, env, await clip('film'));
  expect(info).toMatchObject({ audio: [], subtitles: [], skipped: [] });
});

describe('transparency', () => {
  test.each([
    ['alpha.webm', ['-vf', 'format=yuva420p', '-c:v', 'libvpx-vp9', '-deadline', 'realtime'], 'matroska'],
    ['vp8.webm', ['-vf', 'format=yuva420p', '-c:v', 'libvpx', '-auto-alt-ref', '0'], 'matroska'],
    [
      'live.webm',
      ['-vf', 'format=yuva420p', '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-live', '1'],
      'matroska',
    ],
    ['alpha.mov', ['-vf', 'format=yuva444p10le', '-c:v', 'prores_ks', '-profile:v', '4444'], 'mov'],
  ] as const)('%s has it', async (name, argv, demuxer) => {
    const info = await analyzed(name, [...PICTURES, '-t', '0.4', ...argv]);
    expect(info).toMatchObject({ demuxer, video: { alpha: true } });
  });

  test('the copy of one without an index still has it', async () => {
    const argv = [
      '-vf',
      'format=yuva420p,geq=lum=128:a=0',
      '-c:v',
      'libvpx-vp9',
      '-deadline',
      'realtime',
      '-live',
      '1',
    ];
    const info = await analyzed('clear.webm', [...PICTURES, '-t', '0.2', ...argv]);
    const copy = await written('copy.mkv', storage.objects.get(info.source.key) ?? '');
    const { stdout } = await execa('ffmpeg', [
      ...['-v', 'error', '-c:v', 'libvpx-vp9', '-i', copy, '-frames:v', '1', '-pix_fmt', 'yuva420p'],
      ...[
        '-vf',
        'alphaextract,signalstats,metadata=print:key=lavfi.signalstats.YMAX:file=-',
        '-f',
        'null',
        '-',
      ],
    ]);
    expect(stdout).toContain('YMAX=0');
  });

  test('what has none does not', async () => {
    expect((await analyzeFile(storage, env, await clip('webm'))).video?.alpha).toBe(false);
  });
});

const LINE = '1\n00:00:00,000 --> 00:00:01,000\nhello\n';

describe('text', () => {
  test('of every kind, with what it is called', async () => {
    const srt = await written('line.srt', LINE);
    const inputs = [
      ...PICTURES,
      '-i',
      srt,
      '-i',
      srt,
      '-i',
      srt,
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      '-map',
      '3',
    ];
    const codecs = ['-c:s:0', 'srt', '-c:s:1', 'ass', '-c:s:2', 'webvtt'];
    const labels = [
      ...[
        '-metadata:s:s:0',
        'language=ger',
        '-metadata:s:s:0',
        'title=Deutsch',
        '-disposition:s:0',
        'default',
      ],
      ...['-metadata:s:s:1', 'language=eng', '-disposition:s:1', 'forced'],
    ];
    const info = await analyzed('texts.mkv', [...inputs, ...X264, ...codecs, ...labels]);
    expect(info.subtitles).toEqual([
      { index: 0, codec: 'subrip', language: 'ger', title: 'Deutsch', isDefault: true, forced: false },
      { index: 1, codec: 'ass', language: 'eng', title: null, isDefault: false, forced: true },
      { index: 2, codec: 'webvtt', language: null, title: null, isDefault: false, forced: false },
    ]);
  });

  test('survives the copy of a container without an index', async () => {
    const srt = await written('line.srt', LINE);
    const inputs = [...PICTURES, '-i', srt, '-map', '0', '-map', '1', ...X264];
    const label = ['-metadata:s:s:0', 'language=fre', '-metadata:s:s:0', 'title=Oui'];
    const live = await analyzed('live.mkv', [...inputs, '-c:s', 'srt', ...label, '-live', '1']);
    expect(live.subtitles).toMatchObject([{ index: 0, codec: 'subrip', language: 'fre', title: 'Oui' }]);
    const fragments = ['-c:s', 'mov_text', ...label, '-movflags', '+frag_keyframe+empty_moov'];
    const fragmented = await analyzed('text.mp4', [...inputs, ...fragments]);
    expect(fragmented.subtitles).toMatchObject([{ index: 0, codec: 'mov_text', language: 'fre' }]);
    expect(fragmented.source.key).toContain('source.mp4');
  });

  test('of QuickTime’s closed captions', async () => {
    const scc = await written('captions.scc', SCC);
    const info = await analyzed('captions.mov', [...PICTURES, '-i', scc, ...X264, '-c:s', 'copy']);
    expect(info.subtitles).toMatchObject([{ codec: 'eia_608' }]);
  });
});

const SCC = `Scenarist_SCC V1.0

00:00:01:00\t94ae 94ae 9420 9420 9470 9470 c8e5 ecec ef80 942f 942f

00:00:02:00\t942c 942c
`;

test('captions that lie in the pictures are seen', async () => {
  const raw = await readFile(await made('plain.h264', [...PICTURES, ...X264]));
  const captioned = await written('captioned.h264', withCaptions(raw));
  const info = await analyzed('captioned.mp4', ['-r', '25', '-i', captioned, '-c', 'copy']);
  expect(info.video?.closedCaptions).toBe(true);
  expect((await analyzeFile(storage, env, await clip('film'))).video?.closedCaptions).toBe(false);
});

/** CEA-708 padding (ANSI/SCTE 128) as an SEI message before each picture. */
function withCaptions(annexB: Buffer): Buffer {
  const captions = Buffer.from('b500314741393403c1fffc8080ff', 'hex');
  const sei = Buffer.concat([
    Buffer.from([0, 0, 0, 1, 6, 4, captions.length]),
    captions,
    Buffer.from([0x80]),
  ]);
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = annexB.indexOf(START); at >= 0; at = annexB.indexOf(START, at + 3)) {
    const isPicture = [1, 5].includes((annexB[at + 3] ?? 0) & 0x1f);
    if (!isPicture) continue;
    const begins = annexB[at - 1] === 0 ? at - 1 : at;
    pieces.push(annexB.subarray(from, begins), sei);
    from = begins;
  }
  return Buffer.concat([...pieces, annexB.subarray(from)]);
}
const START = Buffer.from([0, 0, 1]);

describe('what nothing is made of is named, with the reason', () => {
  test('a second film, sound in an unknown codec, bitmap subtitles', async () => {
    const srt = await written('line.srt', LINE);
    const dvd = await made('dvd.mkv', [
      '-f',
      'lavfi',
      '-i',
      'color=size=720x576:duration=1',
      '-c:v',
      'libx264',
    ]);
    const inputs = [...PICTURES, ...SOUND, ...SOUND, '-i', srt, '-i', dvd];
    const maps = ['-map', '0', '-map', '0', '-map', '1', '-map', '2', '-map', '3'];
    const codecs = [
      '-c:a:0',
      'aac',
      '-c:a:1',
      'dca',
      '-strict',
      '-2',
      '-metadata:s:a:1',
      'language=eng',
      '-c:s',
      'srt',
    ];
    const info = await analyzed('much.mkv', [...inputs, ...maps, ...X264, ...codecs]);
    expect(info.skipped).toEqual([
      { kind: 'video', codec: 'h264', reason: 'further_video', language: null },
      { kind: 'audio', codec: 'dts', reason: 'unsupported_codec', language: 'eng' },
    ]);
    expect(info.audio.map(({ index, codec }) => [index, codec])).toEqual([[0, 'aac']]);
  });

  test.each([
    ['hdmv_pgs_subtitle', 'pgs.mkv', 'copy'],
    ['dvb_subtitle', 'dvb.ts', 'dvbsub'],
    ['dvd_subtitle', 'dvd.mkv', 'dvdsub'],
  ] as const)('%s', async (codec, name, encoder) => {
    const picture = await written('picture.sup', pictureOfText());
    const inputs = [...PICTURES, '-i', picture, '-map', '0', '-map', '1', ...X264];
    const info = await analyzed(name, [...inputs, '-c:s', encoder]);
    expect(info.subtitles).toEqual([]);
    expect(info.skipped).toEqual([{ kind: 'subtitles', codec, reason: 'bitmap_subtitles', language: null }]);
  });
});

/** A white square in a presentation graphics stream, as Blu-ray discs have them. */
function pictureOfText(): Buffer {
  const segment = (type: string, body: string) => {
    const header = Buffer.from(`50470001194000000000${type}0000`, 'hex');
    header.writeUInt16BE(body.length / 2, 11);
    return Buffer.concat([header, Buffer.from(body, 'hex')]);
  };
  const line = '008801' + '0000';
  return Buffer.concat([
    segment('16', '004000401000008000000100000000' + '00080008'),
    segment('17', '0100' + '0008000800080008'),
    segment('14', '0000' + '01eb8080ff'),
    segment('15', `000000c0${(4 + 8 * 5).toString(16).padStart(6, '0')}00080008${line.repeat(8)}`),
    segment('80', ''),
  ]);
}

test('tracks say which of them is the one to begin with', async () => {
  const maps = ['-map', '0', '-map', '1', '-map', '2', ...X264, '-c:a', 'aac'];
  const labels = [
    ...['-metadata:s:a:0', 'language=eng', '-metadata:s:a:0', 'title=Commentary', '-disposition:a:0', '0'],
    ...['-metadata:s:a:1', 'language=fre', '-disposition:a:1', 'default'],
  ];
  for (const name of ['two.mkv', 'two.ts']) {
    const info = await analyzed(name, [...PICTURES, ...SOUND, ...SOUND, ...maps, ...labels]);
    expect(info.audio.map(({ language }) => language)).toEqual(['eng', 'fre']);
  }
  const info = await analyzed('two.mp4', [...PICTURES, ...SOUND, ...SOUND, ...maps, ...labels]);
  expect(info.audio.map(({ isDefault }) => isDefault)).toEqual([false, true]);
});

describe('what the upload holds is known by', () => {
  test('the SHA-256 of its bytes, of the upload and not of a copy', async () => {
    for (const name of ['film', 'transportStream'] as const) {
      const file = await clip(name);
      const sum = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      expect((await analyzeFile(storage, env, file)).digest).toBe(`sha-256:${sum}`);
    }
  });

  test('what storage says of it where it is not read whole', async () => {
    const film = await readFile(await clip('film'));
    // A box that nobody reads makes it long.
    const filler = Buffer.alloc(17 * 1024 * 1024);
    filler.writeUInt32BE(filler.length, 0);
    filler.write('free', 4);
    const bytes = Buffer.concat([film, filler]);
    env.counted.downloaded = 0;
    const info = await analyzeFile(storage, env, await written('long.mp4', bytes));
    const sum = createHash('md5').update(bytes).digest('hex');
    expect(info.digest).toBe(`etag:${bytes.length}-${sum}`);
    expect(env.counted.downloaded).toBeLessThan(3_000_000);
  });
});
