import { codecRows } from './rows/codecs.ts';
import { editorRows } from './rows/editors.ts';
import { extraRows } from './rows/extras.ts';
import { pictureRows } from './rows/pictures.ts';
import { refusedRows } from './rows/refused.ts';
import { soundRows } from './rows/sound.ts';
import { subtitleRows } from './rows/subtitles.ts';
import { timeRows } from './rows/time.ts';
import type { SupportRow } from './support-row.ts';

export interface SupportGroup {
  group: string;
  rows: readonly SupportRow[];
}

export const SUPPORT: readonly SupportGroup[] = [
  { group: 'Codecs and rates', rows: codecRows },
  { group: 'Pictures', rows: pictureRows },
  { group: 'Time', rows: timeRows },
  { group: 'What editors, phones and browsers deliver', rows: editorRows },
  { group: 'Sound', rows: soundRows },
  { group: 'Subtitles and captions', rows: subtitleRows },
  { group: 'Poster, storyboard, quality', rows: extraRows },
  { group: 'What is refused', rows: refusedRows },
];
