import assert from 'node:assert/strict';
import test from 'node:test';
import { addressRange, isPublicAddress } from '../../src/backend/private-address.js';

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.216.34',
  '2606:2800:220:1:248:1893:25c8:1946',
  '2a00:1450:4001::1',
];

const HIDDEN = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '3fff::1',
  '5f00::1',
  '4000::1',
];

for (const address of PUBLIC) {
  test(`${address} is public`, () => assert.ok(isPublicAddress(address)));
}

for (const address of HIDDEN) {
  test(`${address} is not public`, () => assert.ok(!isPublicAddress(address)));
}

test('an IPv6 address that carries an IPv4 address is as public as what it carries', () => {
  for (const carried of ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1']) {
    assert.ok(isPublicAddress(carried), carried);
  }
  for (const carried of [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::8.8.8.8',
    '2002:7f00:1::',
    '2002:a00:1::1',
    '::ffff:0:8.8.8.8',
  ]) {
    assert.ok(!isPublicAddress(carried), carried);
  }
  assert.equal(addressRange('::ffff:127.0.0.1'), 'loopback');
});

test('what is no address in its plain form is not public', () => {
  for (const text of [
    '',
    'localhost',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '1.1.1',
    '1.1.1.1:80',
    '[::1]',
  ]) {
    assert.ok(!isPublicAddress(text), text);
  }
});
