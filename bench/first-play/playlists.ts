/** What a player must load before the first picture: renditions, and the sound that plays by default. */
export function playlistsToBegin(multivariant: string): string[] {
  const lines = multivariant.split('\n').map((line) => line.trim());
  const sound = lines.filter((line) => /^#EXT-X-MEDIA:.*TYPE=AUDIO/.test(line));
  const chosen = sound.find((line) => /DEFAULT=YES/.test(line)) ?? sound[0];
  const soundUri = chosen && /[:,]URI="([^"]+)"/.exec(chosen)?.[1];
  const variants = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return [...new Set([...variants, ...(soundUri ? [soundUri] : [])])];
}

/** The initialisation segment and the first segment of a media playlist; null while there is none. */
export function piecesToBegin(media: string): string[] | null {
  const init = /#EXT-X-MAP:.*?URI="([^"]+)"/.exec(media)?.[1];
  const first = media.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#'));
  return init && first ? [init, first.trim()] : null;
}
