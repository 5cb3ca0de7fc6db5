import { expect, test } from 'vitest';
import { parseReceiverUrl } from './receiver-url.ts';

const judge = (text: string, loopback = false) => {
  const receiver = parseReceiverUrl(text, { loopback });
  return 'refusal' in receiver ? 'refused' : receiver.url.href;
};

test.each([
  ['https://hooks.example.com/millrace?a=b', 'https://hooks.example.com/millrace?a=b'],
  ['https://hooks.example.com:8443/', 'https://hooks.example.com:8443/'],
  ['https://93.184.216.34/hook', 'https://93.184.216.34/hook'],
  ['https://[2606:4700:4700::1111]/hook', 'https://[2606:4700:4700::1111]/hook'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://mylocal.example.com/', 'https://mylocal.example.com/'],
])('%s is a receiver', (text, href) => {
  expect(judge(text)).toBe(href);
});

test.each([
  ['plain HTTP', 'http://hooks.example.com/'],
  ['another scheme', 'ftp://hooks.example.com/'],
  ['a file', 'file:///etc/passwd'],
  ['no URL', 'hooks.example.com'],
  ['a user', 'https://user@hooks.example.com/'],
  ['a password', 'https://:secret@hooks.example.com/'],
  ['loopback', 'https://127.0.0.1/'],
  ['short notation', 'https://127.1/'],
  ['octal notation', 'https://0177.0.0.1/'],
  ['hexadecimal notation', 'https://0x7f000001/'],
  ['one number', 'https://2130706433/'],
  ['full-width digits', 'https://１２７.0.0.1/'],
  ['an escaped dot', 'https://127%2e0%2e0%2e1/'],
  ['an address with a dot at its end', 'https://127.0.0.1./'],
  ['private', 'https://10.1.2.3/'],
  ['the metadata of a cloud', 'https://169.254.169.254/latest/meta-data'],
  ['this network', 'https://0.0.0.0/'],
  ['IPv6 loopback', 'https://[::1]/'],
  ['IPv4 in IPv6', 'https://[::ffff:127.0.0.1]/'],
  ['IPv4 in IPv6, in hex', 'https://[::ffff:7f00:1]/'],
  ['unique local', 'https://[fd00::1]/'],
  ['link-local', 'https://[fe80::1]/'],
  ['localhost', 'https://localhost/'],
  ['localhost in capitals', 'https://LOCALHOST/'],
  ['localhost with a dot', 'https://localhost./'],
  ['below localhost', 'https://a.localhost/'],
  ['an inner name', 'https://metadata.google.internal/'],
  ['an inner name with a dot', 'https://metadata.google.internal./'],
  ['a name of mDNS', 'https://printer.local/'],
  ['a name of a home', 'https://router.home.arpa/'],
  ['a single label', 'https://intranet/'],
])('%s is none: %s', (_what, text) => {
  expect(judge(text)).toBe('refused');
});

test('on one machine this very machine is a receiver, over HTTP too', () => {
  expect(judge('http://127.0.0.1:3000/', true)).toBe('http://127.0.0.1:3000/');
  expect(judge('http://localhost:3000/', true)).toBe('http://localhost:3000/');
  for (const elsewhere of [
    'https://192.168.1.2/',
    'http://10.0.0.1/',
    'http://169.254.169.254/',
    'http://host.example/',
  ]) {
    expect(judge(elsewhere, true)).toBe('refused');
  }
  expect(judge('ftp://127.0.0.1/', true)).toBe('refused');
  expect(judge('http://user@127.0.0.1/', true)).toBe('refused');
});
