import { expect, test } from 'vitest';
import { objectUrl } from './object-url.ts';

test('the bucket stands in the path, or before the host', () => {
  const at = (addressing: 'path' | 'virtual-host', key: string, query = {}) =>
    objectUrl({ bucket: 'films', addressing }, 'https://s3.eu-central-1.amazonaws.com/', key, query);
  expect(at('path', 'a/b.mp4')).toBe('https://s3.eu-central-1.amazonaws.com/films/a/b.mp4');
  expect(at('virtual-host', 'a/b.mp4')).toBe('https://films.s3.eu-central-1.amazonaws.com/a/b.mp4');
  expect(at('path', '', { delete: '' })).toBe('https://s3.eu-central-1.amazonaws.com/films?delete=');
  expect(at('virtual-host', '', { prefix: 'a/' })).toBe(
    'https://films.s3.eu-central-1.amazonaws.com?prefix=a%2F',
  );
});

test('left out, it is the path, behind whatever path the endpoint has', () => {
  expect(objectUrl({ bucket: 'films' }, 'http://127.0.0.1:8080/cdn-cgi/local/r2/s3', 'k', {})).toBe(
    'http://127.0.0.1:8080/cdn-cgi/local/r2/s3/films/k',
  );
});
