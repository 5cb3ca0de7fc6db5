import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BASE_SECONDS, videoTimescale } from '../media/timeline.ts';
import { writeMpd } from './dash.ts';
import { type Presentation, renditionRate } from './presentation.ts';
import {
  audioTrack,
  rendition,
  samplePlan,
  samplePresentation,
  subtitleTrack,
} from './testing/sample-presentation.ts';

test('a film is written whole', () => {
  const plan = samplePlan({ subtitles: [subtitleTrack({ title: 'A & "B" <c>' })], closedCaptions: true });
  const text = writeMpd(samplePresentation(plan));
  expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019" type="static" mediaPresentationDuration="PT6.006S" maxSegmentDuration="PT4.010667S" minBufferTime="PT4.010667S">
  <Period id="0" start="PT0S">
    <AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
      <Accessibility schemeIdUri="urn:scte:dash:cc:cea-608:2015" value="CC1=und"/>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="720p" codecs="avc1.64001f" bandwidth="999001" width="1280" height="720" sar="1:1" frameRate="30000/1001">
        <SegmentTemplate timescale="30000" presentationTimeOffset="300000" startNumber="0" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number%05d$.m4s">
          <SegmentTimeline>
            <S t="300000" d="60060"/>
            <S d="120120"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
      <Representation id="480p" codecs="avc1.64001f" bandwidth="999001" width="854" height="480" sar="1:1" frameRate="30000/1001">
        <SegmentTemplate timescale="30000" presentationTimeOffset="300000" startNumber="0" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number%05d$.m4s">
          <SegmentTimeline>
            <S t="300000" d="60060"/>
            <S d="120120"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
      <Label>English</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="audio-0" codecs="mp4a.40.2" bandwidth="39894" audioSamplingRate="48000">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
        <SegmentTemplate timescale="48000" presentationTimeOffset="480000" startNumber="0" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number%05d$.m4s">
          <SegmentTimeline>
            <S t="478976" d="97280"/>
            <S d="192512"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
    <AdaptationSet id="2" contentType="text" mimeType="text/vtt" lang="en">
      <Label>A &amp; &quot;B&quot; &lt;c&gt;</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>
      <Representation id="subs-0" bandwidth="800">
        <BaseURL>subs-0.vtt</BaseURL>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
`);
});

test('codecs are sets of their own; slower renditions count in their own pictures', () => {
  const renditions = [rendition({}), rendition({ name: '360p', codec: 'vp9', frameStep: 2 })];
  const text = writeMpd(samplePresentation(samplePlan({ renditions }))) ?? '';
  expect(text.match(/<AdaptationSet /g)).toHaveLength(3);
  expect(text).toContain('<Representation id="360p" codecs="vp09.00.31.08"');
  expect(text).toContain('frameRate="15000/1001"');
  expect(timelineOf(text, '360p')).toEqual({
    timescale: 15_000,
    offset: 150_000,
    t: 150_000,
    d: [30_030, 60_060],
  });
});

test('languages and 5.1 are chosen from; what is heard by default is main', () => {
  const audio = [
    audioTrack({}),
    audioTrack({ track: 'audio-1', language: 'ger', isDefault: false }),
    audioTrack({ track: 'audio-0-surround', group: 'surround', channels: 6 }),
  ];
  const text = writeMpd(samplePresentation(samplePlan({ audio }))) ?? '';
  const sets = text.split('<AdaptationSet ').slice(2);
  expect(
    sets.map((set) =>
      [/lang="(.*?)"/, /<Label>(.*?)</, /Role .*value="(.*?)"/, /Configuration .*value="(.*?)"/].map(
        (pattern) => pattern.exec(set)?.[1],
      ),
    ),
  ).toEqual([
    ['en', 'English', 'main', '2'],
    ['de', 'Deutsch', 'alternate', '2'],
    ['en', 'English 5.1', 'main', '6'],
  ]);
});

describe('the first packet', () => {
  test.each([
    ['aac', 48_000, 1_024],
    ['aac', 44_100, 1_024],
    ['opus', 48_000, 312],
  ] as const)('of %s at %i Hz lies %i samples before time zero', (codec, sampleRate, lead) => {
    const plan = samplePlan({ audio: [audioTrack({ codec, sampleRate })] });
    const { t, offset } = timelineOf(writeMpd(samplePresentation(plan)) ?? '', 'audio-0');
    expect([offset, offset - t]).toEqual([BASE_SECONDS * sampleRate, lead]);
  });
});

describe('the length', () => {
  test('goes on with the sound, which is counted without the packet that fills up the last', () => {
    const longer = withSegment(samplePresentation(), 'audio-0', { number: 2, length: 96_256 });
    expect(durationOf(longer)).toBe('PT8S');
    const alone = samplePresentation(samplePlan({ renditions: [] }));
    expect(durationOf(alone)).toBe('PT6.016S');
  });

  test('is that of the fastest rendition, whose last picture ends with the film', () => {
    const renditions = [rendition({}), rendition({ name: '360p', frameStep: 2 })];
    const odd = samplePresentation(samplePlan({ renditions, audio: [] }));
    const first = withSegment(odd, '720p', { number: 2, length: 1 });
    expect(durationOf(withSegment(first, '360p', { number: 2, length: 1 }))).toBe('PT6.039367S');
  });
});

test('a track without segments is no presentation', () => {
  expect(writeMpd(samplePresentation(samplePlan(), { segments: { '480p': [1] } }))).toBeNull();
});

test('of any film the timelines say exactly what the segments are', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 });
  const rates = fc.constantFrom(
    { num: 25, den: 1 },
    { num: 24_000, den: 1001 },
    { num: 120, den: 1 },
    { num: 1, den: 3 },
  );
  fc.assert(
    fc.property(lengths, rates, fc.integer({ min: 1, max: 4 }), (list, frameRate, frameStep) => {
      const plan = samplePlan({ frameRate, renditions: [rendition({ frameStep })], audio: [] });
      const segments = list.map((length, number) => ({ number, length, sizeBytes: 9, keyBytes: 0 }));
      const tracks = new Map([['720p', { codecs: 'avc1.64001f', segments }]]);
      const { timescale, d } = timelineOf(
        writeMpd({ plan, tracks, files: new Map(), complete: true }) ?? '',
        '720p',
      );
      const rate = renditionRate(plan, { frameStep });
      expect(timescale).toBe(videoTimescale(rate));
      // d / timescale = length / rate, in whole numbers.
      expect(d.map((ticks) => BigInt(ticks) * BigInt(rate.num))).toEqual(
        list.map((length) => BigInt(length) * BigInt(rate.den) * BigInt(timescale)),
      );
    }),
  );
});

function withSegment(
  presentation: Presentation,
  name: string,
  segment: { number: number; length: number },
): Presentation {
  const track = presentation.tracks.get(name);
  if (!track) throw new Error(`the sample has no ${name}`);
  const segments = [...track.segments, { ...segment, sizeBytes: 1, keyBytes: 1 }];
  return { ...presentation, tracks: new Map([...presentation.tracks, [name, { ...track, segments }]]) };
}

function durationOf(presentation: Presentation): string | undefined {
  return /mediaPresentationDuration="(.*?)"/.exec(writeMpd(presentation) ?? '')?.[1];
}

function timelineOf(mpd: string, id: string) {
  const found = mpd.split('<Representation ').find((part) => part.startsWith(`id="${id}"`)) ?? '';
  const number = (pattern: RegExp) => Number(pattern.exec(found)?.[1]);
  const runs = [...found.matchAll(/<S (?:t="\d+" )?d="(\d+)"(?: r="(\d+)")?\/>/g)];
  return {
    timescale: number(/ timescale="(\d+)"/),
    offset: number(/presentationTimeOffset="(\d+)"/),
    t: number(/<S t="(\d+)"/),
    d: runs.flatMap(([, d, r]) => Array.from({ length: Number(r ?? 0) + 1 }, () => Number(d))),
  };
}
