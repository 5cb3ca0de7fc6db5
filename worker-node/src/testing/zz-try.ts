import { writeFileSync } from 'node:fs';
import { startFakeStorage } from './fake-storage.ts';
import { runJob } from './run-job.ts';
import { createTestTools } from './test-tools.ts';
import { writeTrack } from './write-track.ts';

const s = await startFakeStorage();
const t = await createTestTools();
for (const f of process.argv.slice(2)) {
  const j = await runJob(s, t, f);
  const n = f.split('/').pop();
  console.log(
    n,
    JSON.stringify(j.mediaInfo.audio[0]),
    j.mediaInfo.originMicros,
    j.mediaInfo.video!.startMicros,
  );
  await writeTrack(s, j, '120p', `/tmp/fm/c/${n}.v.mp4`);
  await writeTrack(s, j, 'audio-0', `/tmp/fm/c/${n}.a.mp4`);
  writeFileSync(`/tmp/fm/c/${n}.whole.mp4`, s.objects.get(j.mp4[0]!.key)!);
  writeFileSync(`/tmp/fm/c/${n}.copy.mp4`, s.objects.get(j.mediaInfo.source.key)!);
}
await t.close();
await s.close();
