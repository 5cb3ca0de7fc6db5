import type { Cue } from '@millrace/shared/manifest/webvtt.ts';
import { cueText } from './cue-text.ts';

const TIME = String.raw`(-?)(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?`;
const TIMING = new RegExp(String.raw`^[ \t]{0,64}${TIME}[ \t]{0,64}--?>[ \t]{0,64}${TIME}(?=[ \t]|$)`);

/**
 * The cues of SubRip text: each is what stands between one timing line and the next, so that neither a blank line
 * inside of one nor a missing one between two loses anything. Times are taken as they are, and may be negative.
 */
export function readSrt(text: string): Cue[] {
  return readBetweenTimings(text).map((cue) => {
    return { ...cue, settings: '', payload: cueText(overridesAsTags(cue.payload)) };
  });
}

/** The cues of WebVTT. Its comments, styles and regions go, and with them what names a region. */
export function readVtt(text: string): Cue[] {
  return text
    .split(/\n\n+/)
    .map((block) => block.replace(/^\n+/, ''))
    .filter((block) => !/^(?:NOTE|STYLE|REGION)(?:[ \t\n]|$)/.test(block))
    .flatMap(readBetweenTimings)
    .map((cue) => ({ ...cue, settings: keptSettings(cue.settings), payload: cueText(cue.payload) }));
}

function readBetweenTimings(text: string): Cue[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const timings = lines.flatMap((line, at) => {
    const match = TIMING.exec(line);
    return match ? [{ at, match, rest: line.slice(match[0].length).trim() }] : [];
  });
  const numbered = isNumber(lines[(timings[0]?.at ?? 0) - 1]);
  return timings.map(({ at, match, rest }, i) => {
    const next = timings[i + 1]?.at;
    const end = next !== undefined && numbered && isNumber(lines[next - 1]) ? next - 1 : next;
    return {
      startMicros: micros(match.slice(1, 6)),
      endMicros: micros(match.slice(6, 11)),
      settings: rest,
      payload: lines.slice(at + 1, end).join('\n'),
    };
  });
}

function isNumber(line: string | undefined): boolean {
  return line !== undefined && /^\s*\d+\s*$/.test(line);
}

function micros([sign, hours = '0', minutes, seconds, decimals = '']: (string | undefined)[]): number {
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  const value = whole * 1_000_000 + Number(decimals.padEnd(3, '0')) * 1_000;
  return sign === '-' ? -value : value;
}

/** SubRip borrows "{\i1}" and "{\an8}" from another format. */
function overridesAsTags(text: string): string {
  return text.replaceAll(/\{\\([^{}]*)\}/g, (_, overrides: string) => {
    const [, name, on] = /^([biu])([01])$/.exec(overrides) ?? [];
    return name === undefined ? '' : `<${on === '0' ? '/' : ''}${name}>`;
  });
}

const SETTING =
  /^(?:vertical:(?:rl|lr)|line:-?\d+(?:\.\d+)?%?(?:,(?:start|center|end))?|position:\d+(?:\.\d+)?%(?:,(?:line-left|center|line-right))?|size:\d+(?:\.\d+)?%|align:(?:start|center|end|left|right))$/;

function keptSettings(settings: string): string {
  return settings
    .split(/[ \t]+/)
    .filter((setting) => SETTING.test(setting))
    .join(' ');
}
