import { describe, expect, test } from 'vitest';
import { fetchAddressProblem, fetchUrlProblem } from './fetch-url-rules.ts';

const PUBLIC = { loopback: false };
const LOCAL = { loopback: true };

describe('on the public internet', () => {
  test.each([
    'https://example.com/film.mp4?signature=x#t=1',
    'https://example.com:443/',
    'https://example.com:8443/film.mp4',
    'https://93.184.216.34/film.mp4',
    'https://[2606:4700:4700::1111]/film.mp4',
    'https://bücher.example/film.mp4',
  ])('%s is fetched', (url) => {
    expect(fetchUrlProblem(new URL(url), PUBLIC)).toBeNull();
  });

  test.each([
    ['http', 'http://example.com/', 'only https'],
    ['another scheme', 'ftp://example.com/', 'only https'],
    ['a file', 'file:///etc/passwd', 'only https'],
    ['data', 'data:video/mp4;base64,AAAA', 'only https'],
    ['a user', 'https://user@example.com/', 'credentials'],
    ['a password', 'https://:secret@example.com/', 'credentials'],
    ['port 80', 'https://example.com:80/', 'port 80'],
    ['ssh', 'https://example.com:22/', 'port 22'],
    ['a database', 'https://93.184.216.34:5432/', 'port 5432'],
    ['loopback', 'https://127.0.0.1/', 'not public'],
    ['loopback in hex', 'https://0x7f.1/', 'not public'],
    ['loopback as one number', 'https://2130706433/', 'not public'],
    ['loopback in octal', 'https://0177.0.0.1/', 'not public'],
    ['loopback in short', 'https://127.1/', 'not public'],
    ['loopback with a dot at the end', 'https://127.0.0.1./', 'not public'],
    ['loopback in wide digits', 'https://１２７.0.0.1/', 'not public'],
    ['loopback escaped', 'https://%31%32%37.0.0.1/', 'not public'],
    ['metadata', 'https://169.254.169.254/latest/meta-data/', 'not public'],
    ['metadata over IPv6', 'https://[fd00:ec2::254]/', 'not public'],
    ['IPv6 loopback', 'https://[::1]/', 'not public'],
    ['IPv6 unspecified', 'https://[::]/', 'not public'],
    ['IPv4 mapped', 'https://[::ffff:10.0.0.1]/', 'not public'],
    ['IPv4 mapped, in hex', 'https://[::ffff:a9fe:a9fe]/', 'not public'],
    ['NAT64', 'https://[64:ff9b::a00:1]/', 'not public'],
    ['6to4', 'https://[2002:7f00:1::]/', 'not public'],
  ])('%s is not: %s', (_what, url, problem) => {
    expect(fetchUrlProblem(new URL(url), PUBLIC)).toContain(problem);
  });

  test('an address that a name resolves to counts like one that stands in the URL', () => {
    const url = new URL('https://example.com/');
    expect(fetchAddressProblem(url, '93.184.216.34', PUBLIC)).toBeNull();
    expect(fetchAddressProblem(url, '10.0.0.1', PUBLIC)).toContain('not public');
    expect(fetchAddressProblem(url, 'fe80::1%eth0', PUBLIC)).toContain('not public');
    expect(fetchAddressProblem(url, '127.0.0.1', PUBLIC)).toContain('not public');
  });
});

describe('on one machine', () => {
  test.each([
    'http://127.0.0.1:8080/film.mp4',
    'http://[::1]:9/',
    'https://127.8.9.10:5000/',
    'http://0x7f.1/',
  ])('%s is fetched', (url) => {
    expect(fetchUrlProblem(new URL(url), LOCAL)).toBeNull();
  });

  test.each([
    ['http elsewhere', 'http://93.184.216.34/', 'only https'],
    ['the private network', 'http://10.0.0.1/', 'only https'],
    ['the private network over https', 'https://192.168.1.1/', 'not public'],
    ['metadata', 'https://169.254.169.254/', 'not public'],
    ['credentials', 'http://user:secret@127.0.0.1/', 'credentials'],
    ['another scheme', 'ftp://127.0.0.1/', 'only https'],
  ])('%s is not: %s', (_what, url, problem) => {
    expect(fetchUrlProblem(new URL(url), LOCAL)).toContain(problem);
  });

  test('a name is judged by what it resolves to', () => {
    const local = new URL('http://films.localhost:8080/');
    expect(fetchUrlProblem(local, LOCAL)).toBeNull();
    expect(fetchAddressProblem(local, '::1', LOCAL)).toBeNull();
    expect(fetchAddressProblem(local, '93.184.216.34', LOCAL)).toContain('only https');
    const outside = new URL('https://example.com:22/');
    expect(fetchUrlProblem(outside, LOCAL)).toBeNull();
    expect(fetchAddressProblem(outside, '93.184.216.34', LOCAL)).toContain('port 22');
  });
});
