import { expect, test } from 'vitest';
import { element, xmlDocument } from './xml.ts';

test('what would end an attribute or a text is written in its stead', () => {
  const root = element('a', { said: '"<&>\'\n', absent: null }, 'x < y & \u{0} \u{D800} 😀');
  expect(xmlDocument(root)).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<a said="&quot;&lt;&amp;&gt;&apos;&#10;">x &lt; y &amp; \u{FFFD} \u{FFFD} 😀</a>\n',
  );
});
