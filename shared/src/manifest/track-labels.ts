import type { PlannedAudio, PlannedSubtitles } from '../media/plan.ts';

/** What players write beside a track, and how they find it. */
export interface TrackLabel {
  /** Unlike those of the other tracks. */
  name: string;
  /** The shortest tag of BCP 47. */
  language: string | null;
}

type Labelled = Pick<PlannedAudio | PlannedSubtitles, 'language' | 'title'>;

/**
 * Labels of tracks that are chosen from: their title, or the name of their language in that language, or a number.
 *
 * @param kind What an unnamed one is called: "Audio 1".
 */
export function trackLabels(tracks: readonly Labelled[], kind: 'Audio' | 'Subtitles'): TrackLabel[] {
  const taken = new Set<string>();
  return tracks.map(({ title, language: given }, index) => {
    const language = languageTag(given);
    const base = title?.trim() || (language && languageName(language)) || `${kind} ${index + 1}`;
    let name = base;
    for (let n = 2; taken.has(name); n += 1) name = `${base} (${n})`;
    taken.add(name);
    return { name, language };
  });
}

/** Files write "eng", "ger" or "deu"; manifests want "en" and "de". Null for what is no language, or none in particular. */
export function languageTag(text: string | null): string | null {
  if (!text || ['und', 'mis', 'mul', 'zxx'].includes(text.toLowerCase())) return null;
  try {
    return Intl.getCanonicalLocales(text)[0] ?? null;
  } catch {
    return null;
  }
}

function languageName(tag: string): string | null {
  // Names are made for languages, scripts and places; tags may say more than that.
  const { baseName } = new Intl.Locale(tag);
  const name = new Intl.DisplayNames([baseName], { type: 'language', fallback: 'none' }).of(baseName);
  return name ? `${name.slice(0, 1).toLocaleUpperCase(tag)}${name.slice(1)}` : null;
}
