import { describe, expect, test } from 'vitest';
import { cueText } from './cue-text.ts';
import { readAss } from './read-ass.ts';
import { readSidecar } from './read-subtitles.ts';
import { readSrt, readVtt } from './read-timed-text.ts';

const PLAIN = '1\n00:00:01,000 --> 00:00:02,500\nHello\nworld\n\n2\n00:00:03,000 --> 00:00:04,000\nBye\n';
const HELLO = { startMicros: 1_000_000, endMicros: 2_500_000, settings: '', payload: 'Hello\nworld' };
const BYE = { startMicros: 3_000_000, endMicros: 4_000_000, settings: '', payload: 'Bye' };

describe('a SubRip file', () => {
  test('as it should be', () => expect(readSidecar(Buffer.from(PLAIN))).toEqual([HELLO, BYE]));

  test.each([
    ['with a byte order mark', `\uFEFF${PLAIN}`],
    ['with the line ends of Windows', PLAIN.replaceAll('\n', '\r\n')],
    ['with the line ends of old Macs', PLAIN.replaceAll('\n', '\r')],
    ['without blank lines between its cues', PLAIN.replaceAll('\n\n', '\n')],
    ['with blank lines everywhere', PLAIN.replaceAll('\n', '\n\n')],
    ['without numbers', PLAIN.replaceAll(/^\d\n/gm, '')],
    ['with points and single hours', PLAIN.replaceAll('00:00:0', '0:00:0').replaceAll(',', '.')],
    ['without hours', PLAIN.replaceAll('00:00:0', '00:0')],
    ['with coordinates', PLAIN.replaceAll('500\n', '500  X1:10 X2:20 Y1:1 Y2:2\n')],
    ['that is called WebVTT by mistake', `\n\n${PLAIN}`],
    ['without an end to its last line', PLAIN.trimEnd()],
  ])('%s', (_, text) => expect(readSidecar(Buffer.from(text))).toEqual([HELLO, BYE]));

  test('in UTF-16 of either order', () => {
    const little = Buffer.from(`\uFEFF${PLAIN}`, 'utf16le');
    expect(readSidecar(little)).toEqual([HELLO, BYE]);
    expect(readSidecar(Buffer.from(little).swap16())).toEqual([HELLO, BYE]);
  });

  test('in UTF-8, and as Windows wrote before', () => {
    const text = PLAIN.replace('Hello', 'Café – naïve');
    expect(readSidecar(Buffer.from(text))[0]?.payload).toBe('Café – naïve\nworld');
    const windows = Buffer.from(PLAIN.replace('Hello', 'Caf\u00e9 \u0096 na\u00efve'), 'latin1');
    expect(readSidecar(windows)[0]?.payload).toBe('Café – naïve\nworld');
  });

  test('times before zero and backwards are read as they stand', () => {
    const text = '1\n-00:00:01,500 --> 00:00:01,000\na\n\n2\n00:00:05,000 --> 00:00:04,000\nb\n';
    expect(readSrt(text)).toMatchObject([
      { startMicros: -1_500_000, endMicros: 1_000_000 },
      { startMicros: 5_000_000, endMicros: 4_000_000 },
    ]);
  });

  test('a number that is said is no number of a cue', () => {
    const text = '00:00:01,000 --> 00:00:02,000\n42\n\n00:00:03,000 --> 00:00:04,000\n43\n';
    expect(readSrt(text).map(({ payload }) => payload)).toEqual(['42', '43']);
  });

  test('tags borrowed from ASS', () => {
    const text =
      '1\n00:00:01,000 --> 00:00:02,000\n{\\an8}{\\i1}up{\\i0} {braces} <font color="red">red</font>\n';
    expect(readSrt(text)[0]?.payload).toBe('<i>up</i> {braces} red');
  });

  test('anything else', () => {
    expect(readSidecar(Buffer.from('no times here\n'))).toEqual([]);
    expect(readSidecar(Buffer.from([0, 255, 1, 254, 9]))).toEqual([]);
  });
});

describe('a WebVTT file', () => {
  const text = [
    'WEBVTT - a title\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000',
    'STYLE\n::cue { background: url(https://example.com/) }',
    'REGION\nid:fred width:40%',
    'NOTE a comment\n00:09.000 --> 00:10.000\ntaken out',
    'intro\n00:01.000 --> 00:02.500 line:0 position:20%,line-left align:start region:fred onclick:x\nHello\nworld',
    '00:03.000 --> 00:04.000\nBye\n00:00:05.000 --> 00:00:06.000\nwithout a blank line',
  ].join('\n\n');

  test('keeps where cues are, and nothing but cues', () => {
    expect(readSidecar(Buffer.from(text))).toEqual([
      { ...HELLO, settings: 'line:0 position:20%,line-left align:start' },
      BYE,
      { startMicros: 5_000_000, endMicros: 6_000_000, settings: '', payload: 'without a blank line' },
    ]);
  });

  test('called SubRip, with a mark and the line ends of Windows', () => {
    expect(readSidecar(Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}`))).toEqual(readVtt(text));
  });
});

describe('cue text', () => {
  test.each([
    ['<i>a</i> <B>b</B> <u>c</u>', '<i>a</i> <b>b</b> <u>c</u>'],
    ['<v.loud Fred "X" O\'Neil>hi</v>', '<v.loud Fred "X" O\'Neil>hi</v>'],
    ['<c.yellow.bg_blue>x</c> <lang en-GB>y</lang>', '<c.yellow.bg_blue>x</c> <lang en-GB>y</lang>'],
    ['<ruby>漢<rt>kan</rt></ruby>', '<ruby>漢<rt>kan</rt></ruby>'],
    ['<em>a</em> <strong>b</strong><br/>c', '<i>a</i> <b>b</b>\nc'],
    ['<i>never closed', '<i>never closed</i>'],
    ['<i>a <b>crossed</i> over</b>', '<i>a <b>crossed</b></i> over'],
    ['closed</i> only', 'closed only'],
    ['one <00:00:01.500>two', 'one two'],
    ['1 < 2 && a > b --> c', '1 &lt; 2 &amp;&amp; a &gt; b --&gt; c'],
    ['&amp; &lt;x&gt; &nbsp; &#39; &copy;', '&amp; &lt;x&gt; &nbsp; &#39; &amp;copy;'],
    ['<laughs> I <3 you', '&lt;laughs&gt; I &lt;3 you'],
    ['<script>alert(1)</script>', 'alert(1)'],
    ['<img src=x onerror=alert(1)>x', 'x'],
    ['<i onclick="alert(1)">x</i>', '<i>x</i>'],
    ['<v <b>x', '&lt;v <b>x</b>'],
    ['a\n \n\n  b  ', 'a\nb'],
    ['<i> \n </i>', ''],
    ['', ''],
  ])('%j', (source, expected) => expect(cueText(source)).toBe(expected));
});

const SCRIPT = `[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, Bold, Italic, Underline
Style: Default,Arial,20,0,0,0
Style: Thought,Arial,20,0,-1,0

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
`;

describe('an ASS script', () => {
  const read = (text: string, style = 'Default') =>
    readAss(`${SCRIPT}Dialogue: 0,0:00:01.00,1:00:02.50,${style},Bob,0,0,0,,${text}\n`);

  test('when', () => {
    expect(read('a, b')).toEqual([
      { startMicros: 1_000_000, endMicros: 3_602_500_000, settings: '', payload: 'a, b' },
    ]);
  });

  test.each([
    ['{\\pos(10,20)\\fad(100,100)}Hello {\\i1}world{\\i0}', 'Hello <i>world</i>'],
    ['{\\b1\\u1}both{\\b0} one{\\u0}', '<b><u>both</u></b><u> one</u>'],
    ['{\\b700}heavy{\\b400} light', '<b>heavy</b> light'],
    ['one\\Ntwo\\nthree\\hfour', 'one\ntwo three\u00a0four'],
    ['{\\i1}one\\N\\Ntwo', '<i>one</i>\n<i>two</i>'],
    ['{\\k20}ka{\\k30}ra{a comment}oke', 'karaoke'],
    ['{\\p1}m 0 0 l 100 0 100 100{\\p0}after', 'after'],
    ['{\\p2\\bord2\\blur3}m 0 0 l 5 5', ''],
    ['{\\t(0,100,\\i1\\p1)\\be1}x', 'x'],
    ['{\\clip(1,m 0 0 l 1 1)}{\\iclip(0,0,1,1)}x', 'x'],
    ['{\\i1}x{\\r} y{\\rThought} z', '<i>x</i> y<i> z</i>'],
    ['a < b & c {', 'a &lt; b &amp; c {'],
    ['<i>no tag here</i>', '&lt;i&gt;no tag here&lt;/i&gt;'],
    [' \\N ', ''],
  ])('%j', (text, payload) => expect(read(text)[0]?.payload).toBe(payload));

  test('a style that is italic', () => {
    expect(read('thought {\\i0}said{\\i} again', 'Thought')[0]?.payload).toBe(
      '<i>thought </i>said<i> again</i>',
    );
  });

  test('comments are not shown', () => {
    expect(readAss(`${SCRIPT}Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,no\n`)).toEqual([]);
  });
});
