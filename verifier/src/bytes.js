/**
 * Bytes as text and back, each in one form alone.
 */
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';

export { bytesToHex, concatBytes, hexToBytes };

const UTF8 = new TextEncoder();
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
export function utf8(text) {
  return UTF8.encode(text);
}

/**
 * Decode UTF-8; a byte order mark stays a character.
 *
 * @param {Uint8Array} bytes
 * @returns {string | null} Null when the bytes are no UTF-8.
 */
export function textOf(bytes) {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * @param {string} text `0x` and an even number of small hexadecimal digits.
 * @returns {Uint8Array}
 */
export function fromHex(text) {
  return hexToBytes(text.slice(2));
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} `0x` and small digits.
 */
export function toHex(bytes) {
  return `0x${bytesToHex(bytes)}`;
}

/**
 * Decode base64 that encodes again to the same text.
 *
 * @param {string} text
 * @returns {Uint8Array | null} Null for every other text.
 */
export function fromBase64(text) {
  let raw;
  try {
    raw = atob(text);
  } catch {
    return null;
  }
  return btoa(raw) === text ? Uint8Array.from(raw, (character) => character.charCodeAt(0)) : null;
}

/**
 * @param {Uint8Array} bytes
 * @returns {bigint} Big endian.
 */
export function toInteger(bytes) {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`);
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 * @returns {boolean}
 */
export function sameBytes(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
