import { expect, test } from 'vitest';
import { otlpSettings } from './otlp-settings.ts';
import { formatTraceparent, parseTraceparent, traceFields } from './traceparent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('a trace context is read and written the same, sampled or not', () => {
  for (const text of [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-00`]) {
    const parsed = parseTraceparent(text);
    expect(parsed).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: text.endsWith('1') });
    expect(parsed && formatTraceparent(parsed)).toBe(text);
  }
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-03`)?.isSampled).toBe(true);
});

test.each([
  null,
  '',
  `01-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
])('%s is no trace context', (text) => {
  expect(parseTraceparent(text)).toBeNull();
  expect(traceFields(text)).toEqual({});
});

test('where spans go is read as OpenTelemetry reads it', () => {
  expect(otlpSettings('', 'a=b')).toBeNull();
  expect(otlpSettings('http://collector:4318/', 'authorization=Bearer%20x, x-team = 7,broken')).toEqual({
    url: 'http://collector:4318/v1/traces',
    headers: { authorization: 'Bearer x', 'x-team': '7' },
  });
});
