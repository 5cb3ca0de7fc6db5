import { expect, test } from 'vitest';
import { escapeXml, textsOf } from './s3-xml.ts';

test('finds the texts of all elements of a name, whatever stands around them', () => {
  const xml = `<?xml version="1.0"?><r xmlns="x"><c>\n <Key>a/b.mp4</Key></c><c><Key lang="en">c &amp; &#100;&#x65;</Key></c><KeyCount>2</KeyCount></r>`;
  expect(textsOf(xml, 'Key')).toEqual(['a/b.mp4', 'c & de']);
  expect(textsOf(xml, 'KeyCount')).toEqual(['2']);
  expect(textsOf('not xml at all', 'Key')).toEqual([]);
});

test('what is escaped reads the same again', () => {
  const etag = `"<a&b'>"`;
  expect(textsOf(`<ETag>${escapeXml(etag)}</ETag>`, 'ETag')).toEqual([etag]);
});
