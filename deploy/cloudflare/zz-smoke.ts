import { mkdtemp } from 'node:fs/promises';
import { startStack } from '../local/stack.ts';
import { smokeTest } from './smoke.ts';
const dir = await mkdtemp('/tmp/millrace-smoke-');
const s = await startStack({ stateDir: `${dir}/state`, workers: 1, whenFleetEnds: 'report', variables: { edge: { OPERATOR_TOKEN: 'operator-token-of-smoke', OPEN_ACCESS: 'false' } } });
try {
  console.log('up', s.apiUrl);
  for (const film of [undefined, '/tmp/e-try/smoke.mp4'])
    await smokeTest({ url: s.apiUrl, key: 'operator-token-of-smoke', healthWithinMs: 60_000, say: console.log, ...(film ? { film } : {}) }).catch((e) => console.log('FAILED', e.message));
} finally { await s.stop(); }
