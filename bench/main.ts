import { parseArgs } from 'node:util';
import { dispatch } from './dispatch.ts';

const BENCHES = { dispatch };

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '15' } },
});
const name = positionals[0] ?? '';
const runs = Number(values.runs);

if (!Object.hasOwn(BENCHES, name) || !Number.isInteger(runs) || runs < 1 || runs > 1_000) {
  console.error(`Usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--runs N] [--json]`);
  process.exit(2);
}

const summary = await BENCHES[name as keyof typeof BENCHES]({ runs });
if (values.json) console.log(JSON.stringify(summary));
