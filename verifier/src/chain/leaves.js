/**
 * Leaf, header, body and line hashes, as the contracts compute them.
 */
import { addressWord, keccak, uintWord, word } from './words.js';
import { concatBytes } from '../bytes.js';

/** By the words of the file: ControlMode of the Registry, and 2 more of a red receipt. */
export const HEADER_MODES = { code: 1, list: 2, 'red-code': 3, 'red-list': 4 };
const RED = 2;

/** @param {number} mode Of a header. */
export const isRedMode = (mode) => mode > RED;

/** @param {number} mode Of a header. @returns {number} ControlMode of the Registry. */
export const controlOf = (mode) => (isRedMode(mode) ? mode - RED : mode);

/**
 * @param {{amountFen: number | bigint, item: number}[]} lines At least one.
 * @returns {Uint8Array} keccak over the lanes of 8 bytes: 6 bytes amount, 2 bytes item.
 */
export function linesHash(lines) {
  return keccak(
    concatBytes(...lines.flatMap((line) => [uintWord(line.amountFen, 48).slice(-6), uintWord(line.item, 16).slice(-2)])),
  );
}

/**
 * @param {Uint8Array} documentDigest
 * @param {Uint8Array} fieldsRoot
 * @param {Uint8Array} bookingAddress 20 bytes.
 * @returns {Uint8Array}
 */
export function bodyHash(documentDigest, fieldsRoot, bookingAddress) {
  return keccak(word(documentDigest), word(fieldsRoot), addressWord(bookingAddress));
}

/**
 * @param {number | bigint} amountFen
 * @param {Uint8Array | null} salt By list 32 bytes; by code null.
 * @returns {Uint8Array} The amount word of the leaf.
 */
export function amountWord(amountFen, salt) {
  const plain = uintWord(amountFen, 48);
  return salt === null ? plain : keccak(plain, word(salt));
}

/**
 * @param {{range: number, number: number | bigint, amount: Uint8Array, paymentCode: bigint | number,
 *   linesHash: Uint8Array, bodyHash: Uint8Array}} leaf
 * @returns {Uint8Array}
 */
export function leafHash(leaf) {
  const inner = keccak(
    uintWord(leaf.range, 32),
    uintWord(leaf.number, 40),
    word(leaf.amount),
    uintWord(leaf.paymentCode, 128),
    word(leaf.linesHash),
    word(leaf.bodyHash),
  );
  return keccak(inner);
}

/**
 * @param {{unit: number, range: number, mode: number, first: number | bigint, count: number, issueDay: number,
 *   totalFen: number | bigint, catalogVersion: number, unitRoot: Uint8Array}} header
 * @returns {Uint8Array}
 */
export function headerHash(header) {
  const inner = keccak(
    uintWord(header.unit, 32),
    uintWord(header.range, 32),
    uintWord(header.mode, 8),
    uintWord(header.first, 40),
    uintWord(header.count, 32),
    uintWord(header.issueDay, 32),
    uintWord(header.totalFen, 64),
    uintWord(header.catalogVersion, 32),
    word(header.unitRoot),
  );
  return keccak(inner);
}

