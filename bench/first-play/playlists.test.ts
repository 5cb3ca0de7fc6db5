import { expect, test } from 'vitest';
import { piecesToBegin, playlistsToBegin } from './playlists.ts';

const MULTIVARIANT = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Commentary",DEFAULT=NO,URI="audio-1/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Film",DEFAULT=YES,URI="audio-0/index.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",DEFAULT=YES,URI="subs-0/index.m3u8"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="1080p/iframes.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO="a"
1080p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"
720p/index.m3u8
`;

test('a player begins with the renditions and the default sound', () => {
  expect(playlistsToBegin(MULTIVARIANT)).toEqual([
    '1080p/index.m3u8',
    '720p/index.m3u8',
    'audio-0/index.m3u8',
  ]);
});

test('of each it needs the initialisation segment and the first segment', () => {
  const media = '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2.0,\n00000.m4s\n#EXTINF:4.0,\n00001.m4s\n';
  expect(piecesToBegin(media)).toEqual(['init.mp4', '00000.m4s']);
  expect(piecesToBegin('#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n')).toBeNull();
});
