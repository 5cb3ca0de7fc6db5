/** An object that a playlist names. */
export interface Loaded {
  sizeBytes: number;
  /** Of playlists. */
  text: string;
}

/**
 * What is wrong with a finished HLS presentation, as RFC 8216bis and the rules of its authors for their devices have it: references that
 * lead nowhere, groups that do not fit, durations above the target, renditions of different lengths.
 *
 * @param load What lies at a URI relative to the multivariant playlist; null when nothing does.
 */
export async function hlsFaults(
  multivariant: string,
  load: (uri: string) => Promise<Loaded | null>,
): Promise<string[]> {
  const faults = multivariantFaults(multivariant);
  const totals = new Map<string, number>();
  for (const uri of playlistUris(multivariant)) {
    const playlist = await load(uri);
    if (!playlist) {
      faults.push(`${uri} leads nowhere`);
      continue;
    }
    faults.push(...(await mediaFaults(uri, playlist.text, load)));
    totals.set(
      uri,
      durationsOf(playlist.text).reduce((sum, seconds) => sum + seconds, 0),
    );
  }
  const longest = Math.max(...totals.values());
  for (const [uri, total] of totals) {
    if (longest - total > LENGTHS_DIFFER_SECONDS) faults.push(`${uri} lasts ${total} s of ${longest} s`);
  }
  return faults;
}

/** The last packet of sound, and the last picture of a slow rendition, may reach beyond the film. */
const LENGTHS_DIFFER_SECONDS = 0.15;

function multivariantFaults(text: string): string[] {
  const faults = text.startsWith('#EXTM3U\n')
    ? []
    : ['the multivariant playlist does not begin with #EXTM3U'];
  const options = tags(text, 'EXT-X-MEDIA');
  const variants = tags(text, 'EXT-X-STREAM-INF');
  if (variants.length === 0) faults.push('there is no variant');
  const groups = Map.groupBy(options, (option) => `${option.TYPE} ${option['GROUP-ID']}`);
  for (const [group, members] of groups) {
    const names = new Set(members.map((member) => member.NAME));
    if (names.size < members.length) faults.push(`names of ${group} are not distinct`);
    if (members.filter((member) => member.DEFAULT === 'YES').length > 1)
      faults.push(`${group} has two defaults`);
    if (members.some((member) => member.DEFAULT === 'YES' && member.AUTOSELECT !== 'YES')) {
      faults.push(`the default of ${group} is not chosen by itself`);
    }
    const [type] = group.split(' ');
    const others = [...groups].filter(([other]) => other.startsWith(`${type} `));
    if (others.some(([, rest]) => rest.length !== members.length)) faults.push(`${group} has other members`);
  }
  for (const variant of variants) {
    for (const type of ['AUDIO', 'SUBTITLES', 'CLOSED-CAPTIONS']) {
      const group = variant[type];
      if (group && group !== 'NONE' && !groups.has(`${type} ${group}`))
        faults.push(`there is no ${type} ${group}`);
    }
    if (!variant.CODECS || variant.CODECS.split(',').some((codec) => codec === ''))
      faults.push('a variant has no codecs');
    if (Number(variant.BANDWIDTH) < Number(variant['AVERAGE-BANDWIDTH'] ?? 0))
      faults.push('a peak is below its average');
    if (variant.RESOLUTION && !variant['FRAME-RATE']) faults.push('a variant has no frame rate');
  }
  const captions = variants.map((variant) => variant['CLOSED-CAPTIONS']);
  if (captions.includes('NONE') && captions.some((value) => value !== 'NONE')) {
    faults.push('some variants have captions, and others say that none has');
  }
  return faults;
}

async function mediaFaults(
  uri: string,
  text: string,
  load: (uri: string) => Promise<Loaded | null>,
): Promise<string[]> {
  const faults: string[] = [];
  const target = Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]);
  if (durationsOf(text).some((seconds) => Math.round(seconds) > target))
    faults.push(`${uri} exceeds its target`);
  if (!text.includes('#EXT-X-PLAYLIST-TYPE:VOD') || !text.endsWith('#EXT-X-ENDLIST\n'))
    faults.push(`${uri} is not final`);
  const folder = uri.slice(0, uri.lastIndexOf('/') + 1);
  const map = /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1];
  const named = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const name of [...(map ? [map] : []), ...named]) {
    if (!(await load(folder + name))) faults.push(`${folder}${name} leads nowhere`);
  }
  for (const [, length, name] of text.matchAll(/#EXT-X-BYTERANGE:(\d+)@0\n(.+)/g)) {
    const segment = await load(`${folder}${name}`);
    if (segment && Number(length) >= segment.sizeBytes)
      faults.push(`${folder}${name} has no ${length} bytes`);
  }
  return faults;
}

function playlistUris(multivariant: string): string[] {
  const plain = multivariant.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const attributes = [...multivariant.matchAll(/[:,]URI="([^"]+)"/g)].map(([, uri = '']) => uri);
  return [...new Set([...plain, ...attributes])];
}

function durationsOf(text: string): number[] {
  return [...text.matchAll(/#EXTINF:([\d.]+)/g)].map(([, seconds]) => Number(seconds));
}

/** Attribute lists of all tags of a name, without quotes. */
export function tags(text: string, name: string): Record<string, string>[] {
  return [...text.matchAll(new RegExp(`^#${name}:(.*)$`, 'gm'))].map(([, list = '']) =>
    Object.fromEntries(
      [...list.matchAll(/([A-Z-]+)=("[^"]*"|[^,]*)/g)].map(([, key = '', value = '']) => [
        key,
        value.replaceAll('"', ''),
      ]),
    ),
  );
}
