import type { FetchRules } from '@millrace/shared/net/fetch-url-rules.ts';
import type { Dispatcher } from 'undici';
import type { Clock, Random } from '../clock/clock.ts';
import type { MeteredTools } from '../media/meter-child.ts';
import type { TracedTools } from '../tracing/traced-tools.ts';
import type { Internet } from '../transfer/fetch-url/internet.ts';
import type { OwnObjects } from '../transfer/own-objects.ts';
import type { SourceReader } from '../transfer/source-reader.ts';
import type { TransferMeter } from '../transfer/transfer-meter.ts';

/** What tasks work with: one set per worker process. */
export interface Tools extends MeteredTools, TracedTools {
  ffmpegPath: string;
  ffprobePath: string;
  /** As ffmpeg names itself, for example "5.1.9-0+deb12u1". See `readFfmpegVersion`. */
  ffmpegVersion: string;
  /** What it can do that tasks may need. See `readCapabilities`. */
  capabilities: ReadonlySet<string>;
  /** Names this very ffmpeg and its encoders. See `readFfmpegBuild`. */
  ffmpegBuild: string;
  /** Holds ffmpeg and ffprobe to limits of the kernel; null where this machine has no `prlimit`. See `findPrlimit`. */
  prlimitPath: string | null;
  /** The whole environment of ffmpeg and ffprobe: nothing secret. See `childEnvironment`. */
  childEnv: Record<string, string>;
  /** To object storage. */
  http: Dispatcher;
  /** To hosts that clients name. */
  internet: Internet;
  rules: FetchRules;
  clock: Clock;
  random: Random;
  meter: TransferMeter;
  sourceReader: SourceReader;
  ownObjects: OwnObjects;
}
