import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { findRunningStack } from '../deploy/local/stack/claim.ts';
import { repositoryRoot } from '../deploy/local/stack/repository-root.ts';
import { makeClip } from './demo/make-clip.ts';
import { progressLine } from './demo/progress-line.ts';
import { requireVideoFile } from './demo/require-video-file.ts';
import { transcode } from './demo/transcode.ts';
import { choosePort } from './foreground/choose-port.ts';
import { localState } from './foreground/local-state.ts';
import { readWorkerCount } from './foreground/read-settings.ts';
import { runCommand } from './foreground/run-command.ts';
import { runOnStack } from './foreground/run-on-stack.ts';
import { serviceLines } from './foreground/service-lines.ts';
import { aborted, interruptedExitCode, stopRequest } from './foreground/stop-request.ts';
import { UsageError } from './foreground/usage-error.ts';

const help = `npm run demo [-- FILE] [--out DIR] [--keep]     one video through the whole of Millrace

  FILE          the video (default: a clip of 12 seconds that is made for it)
  --out DIR     save the MP4 files, the poster and the HLS tree there
  --keep        leave the stack up afterwards, until Ctrl-C
  --workers N   how many workers (default: one per core)
  --fresh       forget all jobs and videos first
  API_PORT=N    in the environment: where the API listens (default: 8080, or any free port)
`;

/** Made when no FILE is given, and kept for the next time. */
const ownClip = join(repositoryRoot, '.local', 'demo', 'clip.mp4');

interface DemoOptions {
  /** The clip of our own when left out. */
  file: string | undefined;
  outDir: string | undefined;
  keep: boolean;
  fresh: boolean;
  workers: number;
}

/** Uploads a video, watches it being transcoded and shows what came out. */
async function demo(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(help);
    return 0;
  }
  if (options.file !== undefined) await requireVideoFile(options.file);
  const running = await findRunningStack(localState);
  return running ? onRunningStack(running.apiUrl, options) : onOwnStack(options);
}

function readOptions(args: string[]): DemoOptions | 'help' {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      keep: { type: 'boolean' },
      fresh: { type: 'boolean' },
      workers: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  if (positionals.length > 1) throw new UsageError(`One FILE at a time, not ${positionals.length}.`);
  return {
    file: positionals[0] === undefined ? undefined : fromCaller(positionals[0]),
    outDir: values.out === undefined ? undefined : fromCaller(values.out),
    keep: values.keep ?? false,
    fresh: values.fresh ?? false,
    workers: readWorkerCount(values.workers),
  };
}

/** npm runs us in the checkout; people name files from where they are. */
function fromCaller(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

async function onRunningStack(apiUrl: string, options: DemoOptions): Promise<number> {
  const stop = stopRequest(() => process.exit(interruptedExitCode));
  console.log(styleText('dim', `Using the stack that runs at ${apiUrl}`));
  try {
    const file = options.file ?? (await makeClip(ownClip, stop));
    return await transcode(apiUrl, file, options.outDir, stop);
  } catch (error) {
    if (stop.aborted) return interruptedExitCode;
    throw error;
  }
}

async function onOwnStack(options: DemoOptions): Promise<number> {
  const { fresh, workers } = options;
  const apiPort = await choosePort('API_PORT', process.env, 'npm run demo', { elseAnother: true });
  const startedAtMs = performance.now();
  const line = progressLine(process.stdout);
  const starting = (what: string) => line.show(`Starting the stack … ${what}`);
  starting('');

  const tellAboutServices = serviceLines([], (told) => console.log(told));

  const noClip = new AbortController();
  const file = options.file ?? makeClip(ownClip, noClip.signal);
  // Whoever waits for it hears of a failure; until then nobody does.
  Promise.resolve(file).catch(() => {});
  try {
    return await runOnStack({
      options: { stateDir: localState.root, fresh, apiPort, workers },
      onEvent: (event) => {
        if (event.type === 'up') starting(`${event.service.name} is up`);
        else tellAboutServices(event);
      },
      use: async ({ apiUrl }, ended) => {
        line.finish(`The stack is up after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
        const exitCode = await transcode(apiUrl, await file, options.outDir, ended);
        if (options.keep && !ended.aborted) {
          console.log(
            `\n${styleText(['green', 'bold'], 'ready')}  ${apiUrl}  ${styleText('dim', 'Ctrl-C stops')}`,
          );
          await aborted(ended);
        } else if (exitCode === 0) {
          console.log(styleText('dim', '\nThe links end with the stack; --keep leaves it up.'));
        }
        return exitCode;
      },
      onStopping: () => console.log(styleText('dim', '\nStopping the stack …')),
    });
  } finally {
    noClip.abort();
  }
}

await runCommand(() => demo(process.argv.slice(2)));
