import { DASH_TYPE, MANIFEST_NAME, writeMpd } from '@millrace/shared/manifest/dash.ts';
import { HLS_TYPE, I_FRAMES_NAME, MULTIVARIANT_NAME, PLAYLIST_NAME } from '@millrace/shared/manifest/hls.ts';
import type { Presentation } from '@millrace/shared/manifest/presentation.ts';
import { writeIFrames, writeMedia } from '@millrace/shared/manifest/write-media.ts';
import { writeMultivariant } from '@millrace/shared/manifest/write-multivariant.ts';

export interface WrittenManifest {
  text: string;
  contentType: string;
}

/** All manifests of a complete presentation, by object name. Throws when one of its tracks is not there. */
export function writeManifests(presentation: Presentation): Map<string, WrittenManifest> {
  const { packaging } = presentation.plan;
  const manifests = new Map<string, WrittenManifest>();
  if (packaging.includes('hls')) {
    for (const [name, text] of hlsPlaylists(presentation))
      manifests.set(name, { text, contentType: HLS_TYPE });
  }
  if (packaging.includes('dash')) {
    const text = required(writeMpd(presentation), 'A track');
    manifests.set(MANIFEST_NAME, { text, contentType: DASH_TYPE });
  }
  return manifests;
}

function hlsPlaylists(presentation: Presentation): [string, string][] {
  const { renditions, audio, subtitles } = presentation.plan;
  const tracks = [
    ...renditions.map(({ name }) => name),
    ...audio.map(({ track }) => track),
    ...subtitles.map(({ track }) => track),
  ];
  const media = tracks.map((name): [string, string] => {
    return [`${name}/${PLAYLIST_NAME}`, required(writeMedia(presentation, name), name)];
  });
  const iFrames = renditions.flatMap(({ name }): [string, string][] => {
    const text = writeIFrames(presentation, name);
    return text ? [[`${name}/${I_FRAMES_NAME}`, text]] : [];
  });
  return [...media, ...iFrames, [MULTIVARIANT_NAME, required(writeMultivariant(presentation), 'A track')]];
}

function required(text: string | null, what: string): string {
  if (text === null) throw new Error(`${what} has no segments`);
  return text;
}
