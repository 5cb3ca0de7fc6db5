import { describe, expect, test } from 'vitest';
import { type Presentation, writeMedia, writeMultivariant } from './presentation.ts';

describe('while the job runs', () => {
  test('there is no multivariant playlist before every rendition and the audio have begun', () => {
    const half = presentation({ complete: false, segments: { '720p': [0, 1], '480p': [], 'audio-0': [0] } });
    expect(writeMultivariant(half)).toBeNull();
  });

  test('a media playlist stops at the first hole, stays open and is an EVENT', () => {
    const text = writeMedia(presentation({ complete: false, segments: { '720p': [0, 1, 3] } }), '720p') ?? '';
    expect(text).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
    expect(uris(text)).toEqual(['00000.m4s', '00001.m4s']);
    expect(text).not.toContain('#EXT-X-ENDLIST');
  });

  test('the target duration already covers what may still come', () => {
    const growing = writeMedia(presentation({ complete: false, segments: { '720p': [0] } }), '720p') ?? '';
    expect(targetDuration(growing)).toBe(6);
  });

  test('bandwidth is the cap until it was measured', () => {
    const text = writeMultivariant(presentation({ complete: false })) ?? '';
    expect(text).toContain('BANDWIDTH=3928000,');
    expect(text).not.toContain('AVERAGE-BANDWIDTH');
  });
});

describe('when the job is complete', () => {
  const complete = presentation({ complete: true });

  test('playlists are VOD, ended, and state exact durations', () => {
    expect(writeMedia(complete, '720p')).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:7',
        '#EXT-X-TARGETDURATION:6',
        '#EXT-X-MEDIA-SEQUENCE:0',
        '#EXT-X-PLAYLIST-TYPE:VOD',
        '#EXT-X-INDEPENDENT-SEGMENTS',
        '#EXT-X-MAP:URI="init.mp4"',
        '#EXTINF:2.002000,',
        '00000.m4s',
        '#EXTINF:4.004000,',
        '00001.m4s',
        '#EXT-X-ENDLIST',
        '',
      ].join('\n'),
    );
  });

  test('the multivariant playlist names codecs, sizes, rates and measured bandwidths, audio included', () => {
    expect(writeMultivariant(complete)).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:7',
        '#EXT-X-INDEPENDENT-SEGMENTS',
        '#EXT-X-START:TIME-OFFSET=0',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="eng",LANGUAGE="eng",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio-0/playlist.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=1039001,AVERAGE-BANDWIDTH=706001,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio",CLOSED-CAPTIONS=NONE',
        '720p/playlist.m3u8',
        '#EXT-X-STREAM-INF:BANDWIDTH=1039001,AVERAGE-BANDWIDTH=706001,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=854x480,FRAME-RATE=29.970,AUDIO="audio",CLOSED-CAPTIONS=NONE',
        '480p/playlist.m3u8',
        '',
      ].join('\n'),
    );
  });

  test('a silent film names no audio', () => {
    const silent = { ...complete, plan: { ...complete.plan, audio: [] } };
    expect(writeMultivariant(silent)).not.toMatch(/AUDIO|mp4a/);
  });
});

interface Shape {
  complete: boolean;
  segments?: Record<string, number[]>;
}

/** Two GOPs of 60 frames at 29.97; 250,000 bytes a video segment; audio at 40,000 bits per second. */
function presentation({ complete, segments }: Shape): Presentation {
  const numbers = segments ?? { '720p': [0, 1], '480p': [1, 0], 'audio-0': [0] };
  return {
    complete,
    plan: {
      frameRate: { num: 30_000, den: 1001 },
      gopFrames: 60,
      totalFrames: 180,
      renditions: [
        { name: '720p', width: 1280, height: 720, crf: 23, maxBitrateKbps: 3800 },
        { name: '480p', width: 854, height: 480, crf: 23, maxBitrateKbps: 1800 },
      ],
      audio: [
        { track: 'audio-0', sampleRate: 48_000, channels: 2, bitrateKbps: 128, language: 'eng', title: null },
      ],
      packaging: ['hls', 'mp4'],
    },
    tracks: new Map(
      Object.entries(numbers).map(([name, list]) => [
        name,
        {
          codecs: name === 'audio-0' ? 'mp4a.40.2' : 'avc1.64001f',
          segments: list.map((number) =>
            name === 'audio-0'
              ? { number, length: 96_000, sizeBytes: 10_000 }
              : { number, length: number === 0 ? 60 : 120, sizeBytes: 250_000 },
          ),
        },
      ]),
    ),
  };
}

function uris(playlist: string): string[] {
  return playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function targetDuration(playlist: string): number {
  return Number(/TARGETDURATION:(\d+)/.exec(playlist)?.[1]);
}
