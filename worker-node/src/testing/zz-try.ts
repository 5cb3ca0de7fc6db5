import { startFakeStorage } from './fake-storage.ts';
import { createTestTools } from './test-tools.ts';
import { runJob } from './run-job.ts';
const s = await startFakeStorage(); const t = await createTestTools();
for (const f of process.argv.slice(2)) {
  const t0=Date.now();
  try { const j = await runJob(s,t,f);
  const v=j.mediaInfo.video!;
  console.log(f.split('/').pop(), v.width+'x'+v.height, v.frameRate, v.variableFrameRate?'VFR':'', 'rot',v.rotation, 'start',v.startMicros,'end',v.endMicros,'origin',j.mediaInfo.originMicros,'cs',j.mediaInfo.containerStartMicros,'plan',j.plan.totalFrames,'got',j.video.map(x=>x.frames), j.video[0]?.encoder,'audio',j.audio.map(a=>[a.samples,a.segments]), 'mp4', j.mp4.map(m=>m.result.frames+'/'+m.result.sizeBytes), j.mediaInfo.uploadedFormat, j.mediaInfo.demuxer, (Date.now()-t0)+'ms'); }
  catch(e:any){ console.log(f.split('/').pop(), 'FAILED', e.code, e.message, e.code?'':e.stack, (Date.now()-t0)+'ms'); }
}
await t.close(); await s.close();
