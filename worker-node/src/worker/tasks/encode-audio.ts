import { spanMicros } from '@millrace/shared/media/audio-span.ts';
import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import { AUDIO_SPEED } from '@millrace/shared/media/plan/audio-tasks.ts';
import type { EncodeAudioSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { encodeAudioArgv } from '../../media/argv/encode-audio.ts';
import { type Gain, measureLoudnessArgv } from '../../media/argv/loudness.ts';
import { AUDIO_ENCODINGS } from '../../media/audio-encodings.ts';
import { TaskFailure } from '../../task-failure.ts';
import { type AudioLane, createAudioLane } from '../audio-lane.ts';
import { findGain, type Loudness } from '../find-gain.ts';
import { createLimiter } from '../limiter.ts';
import { createLoudnessReader } from '../loudness-reader.ts';
import { outputCapBytes } from '../output-cap.ts';
import { createSoundRunner } from '../sound-pass.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { createTrackPublisher, PARALLEL_UPLOADS } from '../track-publisher.ts';
import { withSource } from '../with-source.ts';

type EncodeAudioContext = TaskContext<EncodeAudioSpec>;
type RunPass = ReturnType<typeof createSoundRunner>;

/**
 * Encodes one audio track in one go, or a span of a long one, and cuts it on the video's grid at packet boundaries.
 * What an earlier attempt announced is encoded again, since it costs little, and not stored again.
 */
export async function encodeAudio(ctx: EncodeAudioContext, tools: Tools): Promise<ResultOf<'encode-audio'>> {
  const { spec } = ctx;
  return withSource(ctx, tools, spec.source, async (open) => {
    const runPass = createSoundRunner(ctx, tools, open);
    const beginPass = passesOf(ctx);
    const gain =
      spec.loudnessTarget === null
        ? null
        : await findGain(spec.loudnessTarget, (trial) => measure(ctx, runPass, trial, beginPass(false)));
    const done = beginPass(true);
    const microsOf = ({ samples }: AudioLane) => mulDivRound(samples(), 1_000_000, spec.sampleRate);
    const publisher = createTrackPublisher(ctx, tools, spec.track, createLimiter(PARALLEL_UPLOADS));
    const lane = createAudioLane(spec, publisher);
    await runPass({
      argv: (input) => encodeAudioArgv(spec, input, gain),
      outputs: [(bytes) => lane.push(bytes)],
      maxOutputBytes: outputCapBytes(spec.bitrateKbps, spanMicros(spec) / 1_000_000),
      onProgress: () => done(microsOf(lane)),
      restart: () => lane.restart(),
    });
    await lane.end();
    if (lane.samples() === 0) throw new TaskFailure('source_truncated', 'the audio track holds no sound');
    await publisher.finish();
    done(spanMicros(spec));
    return {
      kind: 'encode-audio',
      samples: lane.samples(),
      segments: lane.segments(),
      encoder: `${AUDIO_ENCODINGS[spec.codec].encoder} of ffmpeg ${tools.ffmpegVersion}`,
    };
  });
}

/** Hears the track once, as it would sound with a gain. */
async function measure(
  { spec }: EncodeAudioContext,
  runPass: RunPass,
  gain: Gain | null,
  done: (micros: number) => void,
): Promise<Loudness> {
  let reader = createLoudnessReader();
  await runPass({
    argv: (input) => measureLoudnessArgv(spec, input, gain),
    outputs: [0, 1].map((output) => (bytes: Buffer) => reader.outputs[output]?.(bytes)),
    onProgress: ({ outTimeMicros }) => done(outTimeMicros ?? 0),
    restart: () => {
      reader = createLoudnessReader();
    },
  });
  return reader.result();
}

/** Of the work that is left, a pass that is not the last gets this much: how many will follow is not known. */
const PASS_SHARE = 0.3;

/** Begins a pass over the track; what comes back takes how far the pass has got. */
function passesOf({ spec, progress }: EncodeAudioContext) {
  const { num, den } = spec.frameRate;
  const length = spanMicros(spec);
  const work = mulDivRound(length, num, den * 1_000_000) / AUDIO_SPEED;
  let begun = 0;
  return (last: boolean) => {
    const from = begun;
    const share = (1 - from) * (last ? 1 : PASS_SHARE);
    begun += share;
    return (micros: number) => {
      const part = Math.min(1, Math.max(0, micros / length));
      progress(Math.floor(work * (from + share * part)));
    };
  };
}
