import { describe, expect, test } from 'vitest';
import { hlsFaults, tags } from './testing/hls-faults.ts';
import {
  audioTrack,
  rendition,
  samplePlan,
  samplePresentation,
  subtitleTrack,
} from './testing/sample-presentation.ts';
import { writeIFrames, writeMedia } from './write-media.ts';
import { writeMultivariant } from './write-multivariant.ts';

const german = { track: 'audio-1', language: 'ger', isDefault: false };
const BEGUN = { '720p': [0], '480p': [0], 'audio-0': [0] };

/** Two languages, one of them in 5.1 too, and subtitles. */
const RICH = samplePlan({
  audio: [
    audioTrack({}),
    audioTrack(german),
    audioTrack({ track: 'audio-0-surround', group: 'surround', channels: 6, bitrateKbps: 384 }),
  ],
  subtitles: [
    subtitleTrack({}),
    subtitleTrack({ track: 'subs-1', language: 'eng', forced: true, isDefault: true }),
  ],
});

describe('while the job runs', () => {
  test.each(['720p', '480p', 'audio-0'])('it is not listed before %s has begun', (missing) => {
    const segments = { ...BEGUN, [missing]: [1] };
    expect(writeMultivariant(samplePresentation(RICH, { complete: false, segments }))).toBeNull();
  });

  test('tracks that are not heard by default are listed before they begin, with the codecs that are planned', () => {
    const text = writeMultivariant(samplePresentation(RICH, { complete: false, segments: BEGUN })) ?? '';
    expect(tags(text, 'EXT-X-MEDIA').map(({ URI }) => URI)).toEqual([
      'audio-0/playlist.m3u8',
      'audio-1/playlist.m3u8',
      'audio-0-surround/playlist.m3u8',
      'audio-1/playlist.m3u8',
      'subs-0/playlist.m3u8',
      'subs-1/playlist.m3u8',
    ]);
    for (const { CODECS } of tags(text, 'EXT-X-STREAM-INF')) expect(CODECS).toBe('avc1.64001f,mp4a.40.2');
    const opus = samplePlan({ audio: [audioTrack({}), audioTrack({ ...german, codec: 'opus' })] });
    const mixed = writeMultivariant(samplePresentation(opus, { complete: false, segments: BEGUN })) ?? '';
    expect(tags(mixed, 'EXT-X-STREAM-INF')[0]?.CODECS).toBe('avc1.64001f,mp4a.40.2,opus');
  });

  test('bandwidth is the cap until it was measured', () => {
    const text =
      writeMultivariant(samplePresentation(samplePlan(), { complete: false, segments: BEGUN })) ?? '';
    expect(text).toContain('#EXT-X-STREAM-INF:BANDWIDTH=3928000,CODECS');
    expect(text).not.toContain('AVERAGE-BANDWIDTH');
  });
});

describe('when the job is complete', () => {
  test('it names codecs, sizes, rates and measured bandwidths, audio included, and keyframes apart', () => {
    expect(writeMultivariant(samplePresentation())).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:7',
        '#EXT-X-INDEPENDENT-SEGMENTS',
        '#EXT-X-START:TIME-OFFSET=0',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="stereo",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio-0/playlist.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=1038895,AVERAGE-BANDWIDTH=705754,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,VIDEO-RANGE=SDR,AUDIO="stereo",CLOSED-CAPTIONS=NONE',
        '720p/playlist.m3u8',
        '#EXT-X-STREAM-INF:BANDWIDTH=1038895,AVERAGE-BANDWIDTH=705754,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=854x480,FRAME-RATE=29.970,VIDEO-RANGE=SDR,AUDIO="stereo",CLOSED-CAPTIONS=NONE',
        '480p/playlist.m3u8',
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=199801,AVERAGE-BANDWIDTH=133201,CODECS="avc1.64001f",RESOLUTION=1280x720,VIDEO-RANGE=SDR,URI="720p/iframes.m3u8"',
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=199801,AVERAGE-BANDWIDTH=133201,CODECS="avc1.64001f",RESOLUTION=854x480,VIDEO-RANGE=SDR,URI="480p/iframes.m3u8"',
        '',
      ].join('\n'),
    );
  });

  test('a silent film names no audio', () => {
    expect(writeMultivariant(samplePresentation(samplePlan({ audio: [] })))).not.toMatch(/AUDIO|mp4a/);
  });

  test('every rendition stands once for stereo and once for 5.1, which has the languages of stereo', () => {
    const text = writeMultivariant(samplePresentation(RICH)) ?? '';
    expect(tags(text, 'EXT-X-STREAM-INF').map(({ RESOLUTION, AUDIO }) => `${RESOLUTION} ${AUDIO}`)).toEqual([
      '1280x720 stereo',
      '854x480 stereo',
      '1280x720 surround',
      '854x480 surround',
    ]);
    const surround = tags(text, 'EXT-X-MEDIA').filter((option) => option['GROUP-ID'] === 'surround');
    expect(surround.map((o) => [o.NAME, o.CHANNELS, o.DEFAULT, o.AUTOSELECT])).toEqual([
      ['English', '6', 'YES', 'YES'],
      ['Deutsch', '2', 'NO', 'YES'],
    ]);
  });

  test('bandwidth counts the most expensive track of a group', () => {
    const plan = samplePlan({ audio: [audioTrack({}), audioTrack(german)] });
    const presentation = samplePresentation(plan);
    const loud = {
      codecs: 'mp4a.40.2',
      segments: [{ number: 0, length: 48_000, sizeBytes: 1_000_000, keyBytes: 0 }],
    };
    const tracks = new Map([...presentation.tracks, ['audio-1', loud]]);
    expect(tags(writeMultivariant({ ...presentation, tracks }) ?? '', 'EXT-X-STREAM-INF')[0]?.BANDWIDTH).toBe(
      '8999001',
    );
  });

  test('subtitles name what is forced, and at most one of them is on from the beginning', () => {
    const subtitles = [
      subtitleTrack({ isDefault: true }),
      subtitleTrack({ track: 'subs-1', forced: true, isDefault: true }),
      subtitleTrack({ track: 'subs-2' }),
    ];
    const text = writeMultivariant(samplePresentation(samplePlan({ subtitles }))) ?? '';
    const options = tags(text, 'EXT-X-MEDIA').filter(({ TYPE }) => TYPE === 'SUBTITLES');
    expect(options.map((o) => [o.NAME, o.DEFAULT, o.AUTOSELECT, o.FORCED].join(' '))).toEqual([
      'English YES YES NO',
      'English (2) NO YES YES',
      'English (3) NO NO NO',
    ]);
    for (const { SUBTITLES } of tags(text, 'EXT-X-STREAM-INF')) expect(SUBTITLES).toBe('subs');
  });

  test('captions are offered with the H.264 pictures that carry them', () => {
    const renditions = [rendition({}), rendition({ name: '720p-av1', codec: 'av1' })];
    const text =
      writeMultivariant(samplePresentation(samplePlan({ renditions, closedCaptions: true }))) ?? '';
    expect(tags(text, 'EXT-X-MEDIA').find(({ TYPE }) => TYPE === 'CLOSED-CAPTIONS')).toMatchObject({
      'GROUP-ID': 'cc',
      'INSTREAM-ID': 'CC1',
    });
    expect(tags(text, 'EXT-X-STREAM-INF').map((variant) => variant['CLOSED-CAPTIONS'])).toEqual([
      'cc',
      undefined,
    ]);
    const av1 = samplePlan({ renditions: [rendition({ codec: 'av1' })], closedCaptions: true });
    expect(writeMultivariant(samplePresentation(av1))).not.toContain('TYPE=CLOSED-CAPTIONS');
  });

  test('each rendition has its own codec and its own rate', () => {
    const renditions = [rendition({}), rendition({ name: '360p', codec: 'vp9', frameStep: 2 })];
    const variants = tags(
      writeMultivariant(samplePresentation(samplePlan({ renditions }))) ?? '',
      'EXT-X-STREAM-INF',
    );
    expect(variants.map((variant) => [variant.CODECS, variant['FRAME-RATE']])).toEqual([
      ['avc1.64001f,mp4a.40.2', '29.970'],
      ['vp09.00.31.08,mp4a.40.2', '14.985'],
    ]);
  });

  test('of sound alone the track is the variant; other languages stand beside it', () => {
    const one = writeMultivariant(samplePresentation(samplePlan({ renditions: [] }))) ?? '';
    expect(one.split('\n').slice(4)).toEqual([
      '#EXT-X-STREAM-INF:BANDWIDTH=39894,AVERAGE-BANDWIDTH=39753,CODECS="mp4a.40.2"',
      'audio-0/playlist.m3u8',
      '',
    ]);
    const plan = samplePlan({ renditions: [], audio: [audioTrack({}), audioTrack(german)] });
    const two = writeMultivariant(samplePresentation(plan)) ?? '';
    expect(tags(two, 'EXT-X-MEDIA').map(({ URI }) => URI)).toEqual([
      'audio-0/playlist.m3u8',
      'audio-1/playlist.m3u8',
    ]);
    expect(tags(two, 'EXT-X-STREAM-INF').map(({ AUDIO }) => AUDIO)).toEqual(['stereo']);
  });

  test('keyframes of unknown size are not offered', () => {
    const presentation = samplePresentation();
    const [first, ...rest] = presentation.tracks.get('720p')?.segments ?? [];
    if (!first) throw new Error('the sample has no segment');
    const segments = [{ ...first, keyBytes: 0 }, ...rest];
    const tracks = new Map([...presentation.tracks, ['720p', { codecs: 'avc1.64001f', segments }]]);
    const text = writeMultivariant({ ...presentation, tracks }) ?? '';
    expect(tags(text, 'EXT-X-I-FRAME-STREAM-INF').map(({ URI }) => URI)).toEqual(['480p/iframes.m3u8']);
  });
});

describe.each<[string, ReturnType<typeof samplePlan>]>([
  ['a plain film', samplePlan()],
  ['languages, 5.1 and subtitles', RICH],
  [
    'several codecs with captions',
    samplePlan({
      closedCaptions: true,
      renditions: [rendition({}), rendition({ name: 'b', codec: 'av1', frameStep: 3 })],
    }),
  ],
  ['sound alone', samplePlan({ renditions: [], audio: RICH.audio })],
])('%s', (_name, plan) => {
  test('passes what devices check', async () => {
    const presentation = samplePresentation(plan);
    const load = async (uri: string) => {
      const [folder = '', name = ''] = uri.split('/');
      if (name === 'playlist.m3u8') return asLoaded(writeMedia(presentation, folder));
      if (name === 'iframes.m3u8') return asLoaded(writeIFrames(presentation, folder));
      return /^(init\.mp4|0000[01]\.(m4s|vtt))$/.test(name) ? { sizeBytes: 250_000, text: '' } : null;
    };
    expect(await hlsFaults(writeMultivariant(presentation) ?? '', load)).toEqual([]);
  });
});

function asLoaded(text: string | null) {
  return text === null ? null : { text, sizeBytes: text.length };
}
