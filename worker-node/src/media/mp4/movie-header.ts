import { makeBox, readBoxes, requireBox, words } from '../fmp4/boxes.ts';
import { packLanguage } from './language.ts';
import type { MovieTrack } from './movie-track.ts';
import { sampleTable } from './sample-table.ts';

/** Of `mvhd` and `tkhd`: fine enough that rounding is not seen. */
const MOVIE_TIMESCALE = 90_000;
const UNITY_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
const MDAT_HEADER_BYTES = 16;
/** `tkhd` flags: enabled, part of the movie, part of its preview. */
const ENABLED = 7;
const ALTERNATE = 6;
/** Of which one is played. */
const SOUND_GROUP = 1;

/**
 * Everything in front of the samples: brands, the movie's tables, and the header of `mdat`, so that a file can be played
 * while it is loaded. Descriptions of the codecs are copied from the initialisation segments.
 */
export function movieHeader(tracks: readonly MovieTrack[], mediaBytes: number): Buffer {
  const brands = makeBox('ftyp', Buffer.from(tracks.some(isVideo) ? VIDEO_BRANDS : SOUND_BRANDS, 'latin1'));
  // How long the tables are does not depend on where they say the samples are, except for the width of offsets.
  const draft = movie(tracks, 0, mediaBytes);
  const mediaStart = brands.length + draft.length + MDAT_HEADER_BYTES;
  return Buffer.concat([brands, movie(tracks, mediaStart, mediaBytes), mdatHeader(mediaBytes)]);
}

const VIDEO_BRANDS = 'isom\0\0\x02\0isomiso2iso4mp41';
const SOUND_BRANDS = 'M4A \0\0\x02\0M4A isomiso2mp41';

function isVideo({ labels }: MovieTrack): boolean {
  return labels.kind === 'video';
}

function movie(tracks: readonly MovieTrack[], mediaStart: number, mediaBytes: number): Buffer {
  const duration = Math.max(...tracks.map(movieTicks));
  return makeBox(
    'moov',
    makeBox(
      'mvhd',
      words(0, 0, 0, MOVIE_TIMESCALE, duration, 0x10000, 0x01000000, 0, 0),
      words(...UNITY_MATRIX, 0, 0, 0, 0, 0, 0, tracks.length + 1),
    ),
    ...tracks.map((track, i) => trackBox(track, i + 1, mediaStart, mediaBytes)),
  );
}

/** How long a track is shown, in ticks of the movie. */
function movieTicks({ shownTicks, init }: MovieTrack): number {
  return Math.round((shownTicks * MOVIE_TIMESCALE) / init.timescale);
}

function trackBox(track: MovieTrack, trackId: number, mediaStart: number, mediaBytes: number): Buffer {
  const { init, labels } = track;
  const moov = requireBox(init.bytes, ['moov']).body;
  const flags = labels.isDefault ? ENABLED : ALTERNATE;
  const volume = labels.kind === 'audio' ? 0x01000000 : 0;
  const group = labels.kind === 'audio' ? SOUND_GROUP : 0;
  const duration = movieTicks(track);
  return makeBox(
    'trak',
    makeBox(
      'tkhd',
      words(flags, 0, 0, trackId, 0, duration, 0, 0, group, volume),
      words(...UNITY_MATRIX, init.width * 0x10000, init.height * 0x10000),
    ),
    // Time zero of the job is where each track begins.
    makeBox('edts', makeBox('elst', words(0, 1, duration, track.leadTicks, 0x10000))),
    makeBox(
      'mdia',
      mediaHeader(track),
      handler(track),
      makeBox(
        'minf',
        ...[...readBoxes(requireBox(moov, ['trak', 'mdia', 'minf']).body)]
          .filter(({ type }) => type !== 'stbl')
          .map(({ bytes }) => bytes),
        sampleTable(track, requireBox(moov, ['trak', 'mdia', 'minf', 'stbl', 'stsd']).bytes, {
          mediaStart,
          wide: mediaStart + mediaBytes > 0xffffffff || mediaBytes > WIDE_FROM_BYTES,
        }),
      ),
    ),
    ...(labels.title === null ? [] : [makeBox('udta', makeBox('name', Buffer.from(labels.title)))]),
  );
}

/** Some way below four gigabytes, so that the tables are as long whether or not their own length counts. */
const WIDE_FROM_BYTES = 4_000_000_000;

function mediaHeader({ init, mediaTicks, labels }: MovieTrack): Buffer {
  const language = packLanguage(labels.language) * 0x10000;
  const times = words(0x01000000, 0, 0, 0, 0, init.timescale, Math.floor(mediaTicks / 2 ** 32), mediaTicks);
  return makeBox('mdhd', times, words(language));
}

function handler({ labels }: MovieTrack): Buffer {
  const [type, name] = labels.kind === 'video' ? ['vide', 'VideoHandler'] : ['soun', 'SoundHandler'];
  const text = Buffer.from(`${(labels.title ?? name).replaceAll('\0', ' ')}\0`);
  return makeBox('hdlr', words(0, 0), Buffer.from(type, 'latin1'), words(0, 0, 0), text);
}

function mdatHeader(mediaBytes: number): Buffer {
  const header = Buffer.alloc(MDAT_HEADER_BYTES);
  header.writeUInt32BE(1, 0);
  header.write('mdat', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(mediaBytes + MDAT_HEADER_BYTES), 8);
  return header;
}
