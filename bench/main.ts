import { parseArgs } from 'node:util';
import { api } from './api.ts';
import { dispatch } from './dispatch.ts';
import { engine } from './engine.ts';
import { firstPlay } from './first-play.ts';
import type { BenchOptions } from './options.ts';
import { quality } from './quality.ts';
import { scale } from './scale.ts';
import { short } from './short.ts';

/** Each prints a table, writes `results/NAME.json` and returns what `--json` puts on the last line. */
const BENCHES = { api, dispatch, engine, quality, 'first-play': firstPlay, scale, short };

const COUNTS = ['runs', 'pairs', 'seconds', 'workers'] as const;
const MOST = 10_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
    source: { type: 'string' },
    runs: { type: 'string' },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    workers: { type: 'string' },
  },
});
const name = positionals[0] ?? '';
const options = readOptions();

if (!Object.hasOwn(BENCHES, name) || !options) {
  console.error(
    [
      `Usage: npm run bench -- ${Object.keys(BENCHES).join('|')}`,
      '[--json] [--print] [--pairs N] [--runs N] [--source FILE] [--seconds N] [--workers N]',
    ].join(' '),
  );
  process.exit(2);
}

// What was started is tied to the life of this process; an `exit` tells it to go.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const figures = await BENCHES[name as keyof typeof BENCHES](options);
if (values.json && figures) console.log(JSON.stringify(figures));

/** Null when something that should be a count is none. */
function readOptions(): BenchOptions | null {
  const read: BenchOptions = { print: values.print };
  if (values.source !== undefined) read.source = values.source;
  for (const option of COUNTS) {
    const text = values[option];
    if (text === undefined) continue;
    const count = Number(text);
    if (!Number.isInteger(count) || count < 1 || count > MOST) return null;
    read[option] = count;
  }
  return read;
}
