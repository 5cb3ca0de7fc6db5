import { expect, test } from 'vitest';
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
])('%s', (text, left) => {
  expect(redact(text)).toBe(left);
});

test.each([
  'why should it and/or could it? nobody knows',
  'http://127.0.0.1:8787/health answered 200',
  'frame= 100 fps=25.0 q=28.0 size=N/A time=00:00:04.00',
  'the bearer of news',
])('leaves alone: %s', (text) => {
  expect(redact(text)).toBe(text);
});
