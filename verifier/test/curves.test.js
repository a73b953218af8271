/** Public known answers of the primitives: GB/T 32905 (SM3), GB/T 32918.5 (SM2), and strict DER. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, hexToBytes, toHex, utf8 } from '../src/bytes.js';
import { P256, SM2, isPublicKey, rawFromDER, sm3, verifyRaw } from '../src/certificates/curves.js';

const POINT = hexToBytes(
  '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
    'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
);
const R = hexToBytes('f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3');
const S = hexToBytes('b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa');

test('SM3 of abc', () => {
  assert.equal(toHex(sm3(utf8('abc'))), '0x66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0');
});

test('SM2: the standard signature verifies, and no changed one', () => {
  const raw = concatBytes(R, S);
  verifyRaw(SM2, POINT, utf8('message digest'), raw);
  assert.throws(() => verifyRaw(SM2, POINT, utf8('message digesT'), raw), { code: 'signature-wrong' });
  for (let at = 0; at < raw.length; at += 1) {
    const changed = Uint8Array.from(raw);
    changed[at] ^= 1;
    assert.throws(() => verifyRaw(SM2, POINT, utf8('message digest'), changed), { code: 'signature-wrong' });
  }
});

test('points off the curve are no keys', () => {
  const off = Uint8Array.from(POINT);
  off[64] ^= 1;
  assert.deepEqual([isPublicKey(SM2, POINT), isPublicKey(SM2, off), isPublicKey(P256, POINT)], [true, false, false]);
});

test('DER of a signature has one form', () => {
  const one = (value) => concatBytes(Uint8Array.of(2, value.length), value);
  const sequence = (...parts) => concatBytes(Uint8Array.of(0x30, concatBytes(...parts).length), ...parts);
  const padded = (value) => concatBytes(Uint8Array.of(0), value);
  assert.deepEqual(rawFromDER(SM2, sequence(one(padded(R)), one(padded(S)))), concatBytes(R, S));
  const wrong = [
    concatBytes(R, S),
    sequence(one(R), one(padded(S))),
    sequence(one(padded(padded(R))), one(padded(S))),
    sequence(one(padded(R)), one(padded(S)), Uint8Array.of(0)),
    sequence(one(Uint8Array.of(0)), one(padded(S))),
    sequence(one(padded(new Uint8Array(32).fill(255))), one(padded(S))),
    new Uint8Array(0),
  ];
  for (const der of wrong) assert.throws(() => rawFromDER(SM2, der), { code: 'signature-encoding-wrong' });
});
