import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Presentation } from './presentation.ts';
import { rendition, samplePlan, samplePresentation, subtitleTrack } from './testing/sample-presentation.ts';
import { writeIFrames, writeMedia } from './write-media.ts';

describe('while the job runs', () => {
  test('a media playlist stops at the first hole, stays open and is an EVENT', () => {
    const growing = samplePresentation(samplePlan(), { complete: false, segments: { '720p': [0, 1, 3] } });
    const text = writeMedia(growing, '720p') ?? '';
    expect(text).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
    expect(uris(text)).toEqual(['00000.m4s', '00001.m4s']);
    expect(text).not.toContain('#EXT-X-ENDLIST');
    expect(uris(writeIFrames(growing, '720p') ?? '')).toEqual(uris(text));
  });

  test('the target duration already covers what may still come', () => {
    const begun = samplePresentation(samplePlan(), { complete: false, segments: { '720p': [0] } });
    expect(writeMedia(begun, '720p')).toContain('#EXT-X-TARGETDURATION:6\n');
  });

  test('subtitles are final as soon as they are written, and not there before', () => {
    const plan = samplePlan({ subtitles: [subtitleTrack({})] });
    const waiting = samplePresentation(plan, { complete: false });
    expect(writeMedia(waiting, 'subs-0')).toBeNull();
    const written: Presentation = { ...waiting, files: new Map([['subs-0.vtt', 600]]) };
    expect(writeMedia(written, 'subs-0')).toBe(
      [
        ...['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:4', '#EXT-X-MEDIA-SEQUENCE:0'],
        ...['#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-INDEPENDENT-SEGMENTS'],
        ...['#EXTINF:4.000000,', '00000.vtt', '#EXTINF:2.006000,', '00001.vtt', '#EXT-X-ENDLIST', ''],
      ].join('\n'),
    );
  });
});

describe('when the job is complete', () => {
  test('playlists are VOD, ended, and state exact durations', () => {
    expect(writeMedia(samplePresentation(), '720p')).toBe(
      [
        ...['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:6', '#EXT-X-MEDIA-SEQUENCE:0'],
        ...['#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-INDEPENDENT-SEGMENTS', '#EXT-X-MAP:URI="init.mp4"'],
        ...['#EXTINF:2.002000,', '00000.m4s', '#EXTINF:4.004000,', '00001.m4s', '#EXT-X-ENDLIST', ''],
      ].join('\n'),
    );
  });

  test('a rendition of every second picture lasts as long as the others', () => {
    const renditions = [rendition({ frameStep: 2 })];
    expect(writeMedia(samplePresentation(samplePlan({ renditions })), '720p')).toContain(
      '#EXTINF:2.002000,\n00000.m4s\n#EXTINF:4.004000,\n00001.m4s\n',
    );
  });

  test('keyframes are the first bytes of their segments', () => {
    expect(writeIFrames(samplePresentation(), '720p')).toBe(
      [
        ...['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:6', '#EXT-X-MEDIA-SEQUENCE:0'],
        ...['#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-I-FRAMES-ONLY', '#EXT-X-MAP:URI="init.mp4"'],
        ...['#EXTINF:2.002000,', '#EXT-X-BYTERANGE:50000@0', '00000.m4s'],
        ...['#EXTINF:4.004000,', '#EXT-X-BYTERANGE:50000@0', '00001.m4s', '#EXT-X-ENDLIST', ''],
      ].join('\n'),
    );
  });

  test.each(['144p', 'subs-0'])('there is no playlist of %s, which is not planned', (name) => {
    expect(writeMedia(samplePresentation(), name)).toBeNull();
    expect(writeIFrames(samplePresentation(), name)).toBeNull();
    expect(writeIFrames(samplePresentation(), 'audio-0')).toBeNull();
  });
});

test('pieces of subtitles add up to the film, however long it is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000_000 }),
      fc.constantFrom(24, 25, 30, 60),
      (totalFrames, fps) => {
        const micros = Math.round((totalFrames * 1_000_000) / fps);
        const segments = Math.ceil(micros / 60_000_000);
        const plan = samplePlan({
          ...{ frameRate: { num: fps, den: 1 }, totalFrames },
          subtitles: [subtitleTrack({ segmentMicros: 60_000_000, segments })],
        });
        const text = writeMedia(samplePresentation(plan), 'subs-0') ?? '';
        const lengths = [...text.matchAll(/#EXTINF:(\d+)\.(\d{6})/g)].map(([, s, us]) => Number(`${s}${us}`));
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(micros);
        expect(Math.min(...lengths)).toBeGreaterThan(0);
      },
    ),
  );
});

function uris(playlist: string): string[] {
  return playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
