import { execa } from 'execa';
import { FragmentReader, type Sample } from '../media/fmp4/fragment-reader.ts';
import type { InitSegment } from '../media/fmp4/init-segment.ts';
import { writeSegment } from '../media/fmp4/write-segment.ts';
import type { FakeStorage } from './fake-storage.ts';

/**
 * Encodes one track with ffmpeg and stores it as an encode task would: an init, and segments of `segmentSamples` samples
 * of `sampleTicks`. Returns the keys by the names that a task reads them by.
 */
export async function storeTrack(
  storage: FakeStorage,
  track: string,
  argv: readonly string[],
  { segmentSamples, sampleTicks }: { segmentSamples: number; sampleTicks: number },
): Promise<Map<string, string>> {
  const { stdout } = await execa(
    'ffmpeg',
    [
      ...['-nostdin', '-v', 'error', ...argv, '-avoid_negative_ts', 'disabled', '-output_ts_offset', '10'],
      ...['-movflags', '+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer'],
      ...['-use_editlist', '0', '-f', 'mp4', 'pipe:1'],
    ],
    { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
  );
  const inits: InitSegment[] = [];
  const samples: Sample[] = [];
  const reader = new FragmentReader({
    onInit: (init) => void inits.push(init),
    onSamples: (more) => void samples.push(...more),
  });
  await reader.push(Buffer.from(stdout));
  const [init] = inits;
  if (!init) throw new Error(`no init of ${track}`);
  const keys = new Map<string, string>();
  const store = (name: string, bytes: Buffer) => {
    const key = `stored/${storage.objects.size}/${name}`;
    storage.objects.set(key, bytes);
    keys.set(name, key);
  };
  store(`${track}/init.mp4`, init.bytes);
  for (let start = 0, number = 0; start < samples.length; start += segmentSamples, number += 1) {
    const header = { trackId: init.trackId, sequenceNumber: number + 1, sampleTicks };
    store(`${track}/${number}.m4s`, writeSegment(header, samples.slice(start, start + segmentSamples)));
  }
  return keys;
}
