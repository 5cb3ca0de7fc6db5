import { parseArgs } from 'node:util';
import { api } from './api.ts';
import { dispatch } from './dispatch.ts';

const BENCHES = { api, dispatch };

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string' } },
});
const name = positionals[0] ?? '';
const runs = values.runs === undefined ? undefined : Number(values.runs);

const isCount = runs === undefined || (Number.isInteger(runs) && runs >= 1 && runs <= 1_000);

if (!Object.hasOwn(BENCHES, name) || !isCount) {
  console.error(`Usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--runs N] [--json]`);
  process.exit(2);
}

const summary = await BENCHES[name as keyof typeof BENCHES](runs === undefined ? {} : { runs });
if (values.json) console.log(JSON.stringify(summary));
