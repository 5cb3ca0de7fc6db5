import { describe, expect, test } from 'vitest';
import { redact } from './redact.ts';

const SIGNATURE = 'Xy7-'.repeat(10).concat('abc');

test.each([
  [
    'GET https://b.r2.example/o/1.mp4?X-Amz-Signature=abc&X-Amz-Expires=60 gave 403',
    'GET https://b.r2.example/o/1.mp4?… gave 403',
  ],
  ['PUT /millrace/objects/a?partNumber=1&uploadId=x 200', 'PUT /millrace/objects/a?… 200'],
  ['postgres://owner:hunter2@db.example/millrace', 'postgres://owner:…@db.example/millrace'],
  [`GET /playback/job/t9zz.1.${SIGNATURE}/master.m3u8`, 'GET /playback/job/…/master.m3u8'],
  ['authorization: Bearer abcdefgh12345678', 'authorization: Bearer …'],
  ['the key mr_live_0123456789abcdef is gone', 'the key mr_live_… is gone'],
  ['signed with whsec_MfKQ9r8GKYqrTwjU', 'signed with whsec_…'],
  ['X-Amz-Credential=AKIA/2026 and no URL around it', 'X-Amz-Credential=… and no URL around it'],
  ['a token eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl here', 'a token … here'],
  ['access_token=abc&page=2', 'access_token=…&page=2'],
  ['A_NAME_OF_A_VARIABLE_THAT_IS_LONG_API_TOKEN=abc', 'A_NAME_OF_A_VARIABLE_THAT_IS_LONG_API_TOKEN=…'],
  ['S3_SECRET_KEY=abc api-key=def', 'S3_SECRET_KEY=… api-key=…'],
])('%s', (text, left) => {
  expect(redact(text)).toBe(left);
});

/* As they stand inside of another URL. */
test.each([
  ['back=1%26token%3Dabc', 'back=1%26token%3D…'],
  ['back=1%26page%3D2%26X-Amz-Signature%3Dabc&n=1', 'back=1%26page%3D2%26X-Amz-Signature%3D…&n=1'],
  [
    'GET /go/https%3A%2F%2Fb.example%2Fo%3Fsignature%3Dabc 302',
    'GET /go/https%3A%2F%2Fb.example%2Fo%3F… 302',
  ],
  ['back=1%2526sig%253dabc', 'back=1%2526sig%253d…'],
  ['key%3Dmr_live_0123456789abcdef%26n', 'key%3Dmr_live_…%26n'],
  ['%2Fhooks%2Fwhsec_MfKQ9r8%2FGKYqrTwjU', '%2Fhooks%2Fwhsec_…'],
  ['authorization%3A%20Bearer%20abcdefgh%2B12345678', 'authorization%3A%20Bearer …'],
  ['authorization%3A+Basic+dXNlcjpodW50ZXIy', 'authorization%3A+Basic …'],
  ['jwt%2FeyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl', 'jwt%2F…'],
  [`%2Fplayback%2Fjob%2Ft9zz.1.${SIGNATURE}%2Fmaster.m3u8`, '%2Fplayback%2Fjob%2F…%2Fmaster.m3u8'],
  [`%252fplayback%252fjob%252ft9zz.1.${SIGNATURE}%252f`, '%252fplayback%252fjob%252f…%252f'],
  [
    'url=postgres%3A%2F%2Fowner%3Ahunter2%40db.example%2Ffilms',
    'url=postgres%3A%2F%2Fowner%3A…%40db.example%2Ffilms',
  ],
  ['url=rediss%253a%252f%252f%253ahunter2%2540db', 'url=rediss%253a%252f%252f%253a…%2540db'],
  ['db%3Dpostgres://owner:hunter2@db', 'db%3Dpostgres://owner:…@db'],
])('escaped: %j', (text, left) => {
  expect(redact(text)).toBe(left);
});

test.each([
  'why should it and/or could it? nobody knows',
  'http://127.0.0.1:8787/health answered 200',
  'frame= 100 fps=25.0 q=28.0 size=N/A time=00:00:04.00',
  'the bearer of news',
  'uploads%2Fdefault%2Ffilm%20one.mp4, 100% done, the token is good',
  'bucket=films&key=uploads%2Fa.mp4',
  'uploads/default/who%3F.mp4 could not be read',
  'page=https%3A%2F%2Fstudio.example%3A8443%2Ffilms',
])('leaves alone: %s', (text) => {
  expect(redact(text)).toBe(text);
});

const SECRETS = {
  'bearer …': 'bearer abcdefgh12345678',
  'Basic …': 'Basic dXNlcjpodW50ZXIy',
  'mr_live_…': 'mr_live_0123456789abcdef',
  'whsec_…': 'whsec_MfKQ9r8GKYqrTwjU',
  'X-Amz-Signature=…': 'X-Amz-Signature=0a1b2c3d',
  'postgres://owner:…@db': 'postgres://owner:hunter2@db',
  '/o/1.mp4?…': '/o/1.mp4?X-Amz-Signature=abc',
  '…': `k9zz.1.${SIGNATURE}`,
} as const;
const JWT = 'eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl';

describe.each(['\n', '\r\n', '\t', '\b', '\f', '\u001b', '"', "'", '\\', '\\\\', '\\\n', '\\n', '\\u0026'])(
  'in a line of JSON, between %j',
  (edge) => {
    test.each([...Object.entries(SECRETS), ['…', JWT], ['bearer …', 'bearer\nabcdefgh12345678']])(
      '%s',
      (left, secret) => {
        const line = (text: string) => JSON.stringify({ msg: `so${edge}${text}${edge}on`, n: 1 });
        expect(JSON.parse(redact(line(secret)))).toEqual(JSON.parse(line(left)));
      },
    );
  },
);

test('leaves no secret of a line of JSON that holds another', () => {
  const inner = JSON.stringify({ text: `failed:\n${Object.values(SECRETS).join('\n')}\n${JWT}` });
  const left: { text: string } = JSON.parse(JSON.parse(redact(JSON.stringify({ msg: inner }))).msg);
  expect(left.text).toBe(`failed:\n${Object.keys(SECRETS).join('\n')}\n…`);
});

/* A time that grew with the square of the length would be minutes here. */
test.each([
  ...[
    '/',
    '/?',
    'a-',
    'a.',
    'a=',
    'a://',
    'eyJ-',
    'k9.1.',
    'bearer+',
    'bearer ',
    'mr_live_',
    'sig',
    'token-',
  ],
  ...['%3F', '%25', '25', '%26a', '%26token', '%2Fk9.1.', 'X-Amz-Signature%'],
])('half a million characters of %j are soon read', (unit) => {
  expect(redact(unit.repeat(500_000 / unit.length))).not.toBe('');
});
