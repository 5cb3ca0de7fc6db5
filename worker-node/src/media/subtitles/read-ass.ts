import type { Cue } from '@millrace/shared/manifest/webvtt.ts';
import { escapeLiteral, withoutBlankLines } from './cue-text.ts';

/** What WebVTT can say of how text looks. */
interface Look {
  b: boolean;
  i: boolean;
  u: boolean;
}

/** Twice as many as there are. */
const MAX_COLUMNS = 48;

const PLAIN: Look = { b: false, i: false, u: false };

/** The cues of an ASS or SSA script: the text with its bold, italics and underlines; drawings and effects go. */
export function readAss(script: string): Cue[] {
  const styles = new Map<string, Look>();
  const cues: Cue[] = [];
  let columns: string[] = [];
  for (const line of script.split('\n')) {
    const [, kind, rest = ''] = /^\s*(Format|Style|Dialogue):\s*(.*)$/.exec(line) ?? [];
    if (kind === 'Format') columns = rest.split(',', MAX_COLUMNS).map((name) => name.trim());
    if (kind === 'Style') readStyle(fieldsOf(columns, rest), styles);
    if (kind === 'Dialogue') cues.push(readDialogue(fieldsOf(columns, rest), styles));
  }
  return cues;
}

/** The last column is the text, commas and all. */
function fieldsOf(columns: readonly string[], line: string): Map<string, string> {
  const parts = line.split(',');
  const last = columns.length - 1;
  return new Map(
    columns.map((name, i) => [name, i === last ? parts.slice(last).join(',') : (parts[i] ?? '').trim()]),
  );
}

function readStyle(fields: ReadonlyMap<string, string>, styles: Map<string, Look>): void {
  const on = (name: string) => Number(fields.get(name) ?? 0) !== 0;
  styles.set(fields.get('Name') ?? '', { b: on('Bold'), i: on('Italic'), u: on('Underline') });
}

function readDialogue(fields: ReadonlyMap<string, string>, styles: ReadonlyMap<string, Look>): Cue {
  const style = styles.get((fields.get('Style') ?? '').replace(/^\*/, '')) ?? PLAIN;
  return {
    startMicros: timeOf(fields.get('Start')),
    endMicros: timeOf(fields.get('End')),
    settings: '',
    payload: payloadOf(fields.get('Text') ?? '', style, styles),
  };
}

/** "0:00:01.50"; what is none begins and ends nowhere. */
function timeOf(text: string | undefined): number {
  const match = /^(-?)(\d{1,4}):(\d{1,2}):(\d{1,2})[.:](\d{1,3})$/.exec(text ?? '');
  if (!match) return 0;
  const [, sign, hours, minutes, seconds, decimals = ''] = match;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  const value = whole * 1_000_000 + Number(decimals.padEnd(3, '0')) * 1_000;
  return sign === '-' ? -value : value;
}

/** Runs of equal look, each in tags of its own. What stands in braces without a backslash is a comment. */
function payloadOf(text: string, style: Look, styles: ReadonlyMap<string, Look>): string {
  const runs: { look: Look; text: string }[] = [];
  let state = { look: style, drawing: false };
  for (const [, block, plain] of text.matchAll(/\{([^{}]*)\}|([^{]+|\{)/g)) {
    if (block !== undefined) state = override(state, block, style, styles);
    else if (!state.drawing) {
      const last = runs.at(-1);
      if (last?.look === state.look) last.text += plain;
      else runs.push({ look: state.look, text: plain ?? '' });
    }
  }
  if (runs.every((run) => lineBreaks(run.text).trim() === '')) return '';
  return withoutBlankLines(runs.map(writeRun).join(''));
}

interface State {
  look: Look;
  drawing: boolean;
}

/** One block of override tags: "\i1\c&H0000FF&". Those inside of "\t(…)" are animations. */
function override(state: State, block: string, style: Look, styles: ReadonlyMap<string, Look>): State {
  let { look, drawing } = state;
  const [, ...tags] = block.replaceAll(/\([^()]*(?:\([^()]*\)[^()]*)*\)?/g, '').split('\\');
  for (const tag of tags) {
    const [, name, value = ''] = /^([biup])(\d*)\s*$/.exec(tag) ?? [];
    const reset = /^r(.*)$/.exec(tag)?.[1];
    if (reset !== undefined) look = styles.get(reset.trim()) ?? style;
    else if (name === 'p') drawing = Number(value) > 0;
    // Without a value, what the style says; a weight below 600 is not bold.
    else if (name === 'b')
      look = { ...look, b: value === '' ? style.b : value === '1' || Number(value) >= 600 };
    else if (name === 'i') look = { ...look, i: value === '' ? style.i : value !== '0' };
    else if (name === 'u') look = { ...look, u: value === '' ? style.u : value !== '0' };
  }
  return { look, drawing };
}

function writeRun({ look, text }: { look: Look; text: string }): string {
  const names = (['b', 'i', 'u'] as const).filter((name) => look[name]);
  const lines = lineBreaks(text).split('\n').map(escapeLiteral);
  const before = names.map((name) => `<${name}>`).join('');
  const after = [...names]
    .reverse()
    .map((name) => `</${name}>`)
    .join('');
  return lines.map((line) => (line.trim() === '' ? line : `${before}${line}${after}`)).join('\n');
}

function lineBreaks(text: string): string {
  return text.replaceAll('\\N', '\n').replaceAll('\\n', ' ').replaceAll('\\h', '\u00a0');
}
