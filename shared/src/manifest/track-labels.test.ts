import { expect, test } from 'vitest';
import { languageTag, trackLabels } from './track-labels.ts';

test.each([
  ['eng', 'en'],
  ['ger', 'de'],
  ['deu', 'de'],
  ['fre', 'fr'],
  ['pt-br', 'pt-BR'],
  ['und', null],
  ['', null],
  [null, null],
  ['not a tag', null],
])('%s is %s', (given, expected) => {
  expect(languageTag(given)).toBe(expected);
});

test('a track is called by its title, else by its language in that language, else by a number, and never as another', () => {
  const tracks = [
    { language: 'ger', title: null },
    { language: 'ger', title: ' Kommentar ' },
    { language: 'de', title: null },
    { language: null, title: null },
    { language: 'x-klingon', title: '' },
  ];
  expect(trackLabels(tracks, 'Audio').map(({ name }) => name)).toEqual([
    'Deutsch',
    'Kommentar',
    'Deutsch (2)',
    'Audio 4',
    'Audio 5',
  ]);
});
