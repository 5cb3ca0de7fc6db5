import { AUDIO_FRAMING, type AudioFraming } from '@millrace/shared/media/audio-framing.ts';
import type { AudioCodec } from '@millrace/shared/media/profile.ts';

/** How an audio encoder is called, and the packets it gives. */
interface AudioEncoding extends AudioFraming {
  encoder: string;
}

export const AUDIO_ENCODINGS: Readonly<Record<AudioCodec, AudioEncoding>> = {
  aac: { encoder: 'aac', ...AUDIO_FRAMING.aac },
  opus: { encoder: 'libopus', ...AUDIO_FRAMING.opus },
};
