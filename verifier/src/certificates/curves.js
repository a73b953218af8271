/**
 * The two suites of document signatures, and strict DER of `SEQUENCE(INTEGER r, INTEGER s)`.
 */
import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { sm2, sm3 as sm3Hex } from 'sm-crypto-v2';
import { bytesToHex, concatBytes, hexToBytes, toInteger } from '../bytes.js';
import { Refusal } from '../refusal.js';

export const SM2 = 'SM2-SM3';
export const P256 = 'ECDSA-P256-SHA256';

/** @type {Record<string, bigint>} */
const ORDERS = {
  [SM2]: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  [P256]: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

/**
 * @param {Uint8Array} data
 * @returns {Uint8Array}
 */
export function sm3(data) {
  return hexToBytes(sm3Hex(data));
}

export { sha256 };

/**
 * @param {string} suite
 * @param {Uint8Array} data
 * @returns {Uint8Array} The suite's digest, 32 bytes.
 */
export function digestOf(suite, data) {
  return suite === SM2 ? sm3(data) : sha256(data);
}

/**
 * @param {string} suite
 * @param {Uint8Array} point
 * @returns {boolean} Whether it is an uncompressed point of the suite's curve.
 */
export function isPublicKey(suite, point) {
  if (point.length !== 65 || point[0] !== 4) return false;
  try {
    if (suite === SM2) return sm2.verifyPublicKey(bytesToHex(point));
    p256.Point.fromBytes(point).assertValidity();
    return true;
  } catch {
    return false;
  }
}

/**
 * Check a signature over a message.
 *
 * @param {string} suite
 * @param {Uint8Array} point Public key, 65 bytes.
 * @param {Uint8Array} message
 * @param {Uint8Array} der
 * @throws {Refusal} `signature-encoding-wrong` or `signature-wrong`.
 */
export function verifyDER(suite, point, message, der) {
  verifyRaw(suite, point, message, rawFromDER(suite, der));
}

/**
 * @param {string} suite
 * @param {Uint8Array} point
 * @param {Uint8Array} message
 * @param {Uint8Array} raw `r || s`, 64 bytes.
 * @throws {Refusal} `signature-wrong`.
 */
export function verifyRaw(suite, point, message, raw) {
  const isGood = suite === SM2 ? verifySM2(point, message, raw) : verifyP256(point, message, raw);
  if (!isGood) throw new Refusal('signature-wrong', suite === SM2 ? 'SM2 签名验证不通过' : 'ECDSA 签名验证不通过');
}

/** @param {Uint8Array} point @param {Uint8Array} message @param {Uint8Array} raw */
function verifySM2(point, message, raw) {
  // The library computes Z with the identity of GM/T 0009 (1234567812345678) and SM3(Z || M).
  try {
    return sm2.doVerifySignature(message, bytesToHex(raw), bytesToHex(point), { hash: true });
  } catch {
    return false;
  }
}

/** @param {Uint8Array} point @param {Uint8Array} message @param {Uint8Array} raw */
function verifyP256(point, message, raw) {
  try {
    return p256.verify(raw, message, point, { lowS: false, prehash: true });
  } catch {
    return false;
  }
}

/**
 * @param {Uint8Array} raw 64 bytes.
 * @returns {boolean} Whether s is the lower of its two values on P-256, so that a signature has one form.
 */
export function hasLowS(raw) {
  const s = toInteger(raw.subarray(32));
  return s > 0n && s <= ORDERS[P256] / 2n;
}

/**
 * @param {string} suite
 * @param {Uint8Array} der
 * @returns {Uint8Array} `r || s`, 64 bytes.
 * @throws {Refusal} `signature-encoding-wrong`.
 */
export function rawFromDER(suite, der) {
  if (der.length < 2 || der[0] !== 0x30 || der[1] !== der.length - 2 || der[1] >= 128) {
    throw wrong(der.length === 64 ? '这是 64 字节裸格式 r||s，应为 DER 编码' : '不是长度正确的 DER SEQUENCE');
  }
  const [r, afterR] = integer(der.subarray(2), 'r');
  const [s, rest] = integer(afterR, 's');
  if (rest.length > 0) throw wrong('s 之后有多余字节');
  return concatBytes(scalar(suite, r, 'r'), scalar(suite, s, 's'));
}

/** @param {Uint8Array} data @param {string} name @returns {[Uint8Array, Uint8Array]} */
function integer(data, name) {
  if (data.length < 3 || data[0] !== 2 || data[1] < 1 || data[1] > data.length - 2) throw wrong(`${name} 不是 INTEGER`);
  const value = data.subarray(2, 2 + data[1]);
  if (value[0] & 0x80) throw wrong(`${name} 为负数：缺少高位补零字节（00）`);
  if (value.length > 1 && value[0] === 0 && !(value[1] & 0x80)) throw wrong(`${name} 有多余的前导零字节`);
  return [value, data.subarray(2 + data[1])];
}

/** @param {string} suite @param {Uint8Array} bytes @param {string} name */
function scalar(suite, bytes, name) {
  const value = toInteger(bytes);
  if (value <= 0n || value >= ORDERS[suite]) throw wrong(`${name} 超出曲线的阶`);
  return hexToBytes(value.toString(16).padStart(64, '0'));
}

/** @param {string} what */
function wrong(what) {
  return new Refusal('signature-encoding-wrong', `签名编码有误：${what}`, 'signature');
}
