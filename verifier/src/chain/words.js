/**
 * Keccak-256 and the 32-byte words of the contract ABI; static types alone, so that `abi.encode` is concatenation.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, hexToBytes } from '../bytes.js';

export const WORD_BYTES = 32;
export const NO_WORD = new Uint8Array(WORD_BYTES);

/**
 * @param {...Uint8Array} parts
 * @returns {Uint8Array} 32 bytes.
 */
export function keccak(...parts) {
  return keccak_256(parts.length === 1 ? parts[0] : concatBytes(...parts));
}

/**
 * @param {number | bigint} value
 * @param {number} bits Width of the contract's type.
 * @returns {Uint8Array} 32 bytes, big endian.
 * @throws {RangeError} The value is negative or wider.
 */
export function uintWord(value, bits) {
  const whole = BigInt(value);
  if (whole < 0n || whole >> BigInt(bits) !== 0n) throw new RangeError(`no uint${bits}`);
  return hexToBytes(whole.toString(16).padStart(2 * WORD_BYTES, '0'));
}

/**
 * @param {Uint8Array} value
 * @returns {Uint8Array} The same.
 * @throws {RangeError} It has not 32 bytes.
 */
export function word(value) {
  if (value.length !== WORD_BYTES) throw new RangeError('no bytes32');
  return value;
}

/**
 * @param {Uint8Array} address 20 bytes.
 * @returns {Uint8Array} 32 bytes, zeros on the left.
 * @throws {RangeError} It has not 20 bytes.
 */
export function addressWord(address) {
  if (address.length !== 20) throw new RangeError('no address');
  return concatBytes(new Uint8Array(12), address);
}
