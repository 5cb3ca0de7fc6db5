import { type Browser, chromium, type Page } from 'playwright-core';
import { chromiumPath } from '../chromium-path.ts';

export function launchChromium(): Promise<Browser> {
  return chromiumPath().then((executablePath) =>
    chromium.launch({
      executablePath,
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
        ...['--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
      ],
    }),
  );
}

/** What a test sees and hears of a film in the page: at `window.viewer`. */
export interface Viewer {
  video: HTMLVideoElement;
  /** Resolves when it is so; rejects with what was waited for after a minute, or when the player has given up. */
  until(what: string, isSo: () => boolean): Promise<void>;
  /** What the player said when it gave up. */
  giveUp(reason: string): void;
  /** Text of the subtitles that stand under the picture. */
  subtitles(): string;
  /** The loudest tone, in Hz, to the nearest 20. */
  tone(): number;
  /** Plays on from a position, at twice the speed, and resolves at the end: where that is. */
  playToEnd(fromSeconds: number): Promise<number>;
}

/** Opens the page of the players. What goes wrong in it is collected in `errors`. */
export async function openViewer(
  browser: Browser,
  siteUrl: string,
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(siteUrl);
  await page.evaluate(installViewer);
  return { page, errors };
}

/** Runs in the page. */
function installViewer(): void {
  const LIMIT_MS = 60_000;
  const LOOK_EVERY_MS = 50;
  const video = document.querySelector('video');
  if (!video) throw new Error('the page has no video element');
  let failure: string | null = null;
  let analyser: AnalyserNode | null = null;

  const until = async (what: string, isSo: () => boolean) => {
    for (let waited = 0; !isSo(); waited += LOOK_EVERY_MS) {
      const at = `${what}: stands at ${video.currentTime} of ${video.duration}`;
      if (failure) throw new Error(`${at}, ${failure}`);
      if (video.error) throw new Error(`${at}, ${video.error.message}`);
      if (waited > LIMIT_MS) throw new Error(`${at}, after a minute`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };
  const tone = () => {
    if (!analyser) {
      const audio = new AudioContext();
      analyser = new AnalyserNode(audio, { fftSize: 8_192, smoothingTimeConstant: 0 });
      audio.createMediaElementSource(video).connect(analyser).connect(audio.destination);
    }
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const loudest = bins.indexOf(Math.max(...bins));
    return Math.round((loudest * analyser.context.sampleRate) / analyser.fftSize / 20) * 20;
  };
  const subtitles = () =>
    [...video.textTracks]
      .filter((track) => track.mode !== 'disabled')
      .flatMap((track) => [...(track.activeCues ?? [])])
      .map((cue) => (cue instanceof VTTCue ? cue.text : ''))
      .join('\n');
  const playToEnd = async (fromSeconds: number) => {
    video.currentTime = fromSeconds;
    video.playbackRate = 2;
    await video.play();
    await until('the end', () => video.ended);
    return video.currentTime;
  };
  const giveUp = (reason: string) => {
    failure ??= reason;
  };
  Reflect.set(window, 'viewer', { video, until, giveUp, subtitles, tone, playToEnd });
}
