import { expect, test } from 'vitest';
import { isPublicAddress, literalAddress, subscriberOf } from './address-rules.ts';

test.each([
  '1.1.1.1',
  '93.184.216.34',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '2606:4700:4700::1111',
  '2A00:1450:4001:81b::200e',
  '::ffff:93.184.216.34',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ['this network', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.255.255.254'],
  ['private', '10.0.0.1'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['carrier-grade NAT', '100.127.255.255'],
  ['link-local, where clouds keep their metadata', '169.254.169.254'],
  ['protocol assignments', '192.0.0.170'],
  ['documentation', '192.0.2.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['benchmarks', '198.18.0.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['6to4 relays', '192.88.99.1'],
  ['unspecified', '::'],
  ['loopback', '::1'],
  ['link-local', 'fe80::1'],
  ['site-local of old', 'fec0::1'],
  ['unique local', 'fd00:ec2::254'],
  ['multicast', 'ff02::1'],
  ['documentation', '2001:db8::1'],
  ['documentation', '3fff::1'],
  ['IPv4 mapped', '::ffff:127.0.0.1'],
  ['IPv4 mapped, in hex', '::ffff:a9fe:a9fe'],
  ['IPv4 compatible', '::127.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1'],
  ['local NAT64', '64:ff9b:1::1'],
  ['6to4 of a private address', '2002:a00:1::'],
  ['Teredo', '2001:0:1::1'],
  ['discard only', '100::1'],
  ['not routed', '4000::1'],
  ['a zone', 'fe80::1%eth0'],
  ['a zone on a public address', '2606:4700::1%1'],
  ['short notation', '127.1'],
  ['octal notation', '0177.0.0.1'],
  ['hexadecimal notation', '0x7f000001'],
  ['one number', '2130706433'],
  ['brackets', '[::1]'],
  ['a name', 'example.com'],
  ['nothing', ''],
])('%s: %s is not', (_what, address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each([
  ['https://example.com/', null],
  ['https://1.2.3.4.example.com/', null],
  ['https://93.184.216.34:8443/', '93.184.216.34'],
  ['https://0x7f.1/', '127.0.0.1'],
  ['https://2130706433/', '127.0.0.1'],
  ['http://127.0.0.1./', '127.0.0.1'],
  ['https://[0:0::1]/', '::1'],
])('%s holds the address %s', (url, address) => {
  expect(literalAddress(new URL(url))).toBe(address);
});

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['unknown', 'unknown'],
])('%s belongs to the subscriber %s', (address, subscriber) => {
  expect(subscriberOf(address)).toBe(subscriber);
});
