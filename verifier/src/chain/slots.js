/**
 * Where the contracts keep what a proof reads, and how its words are packed. Layout 1.
 */
import { fromHex, toInteger, utf8 } from '../bytes.js';
import { keccak, uintWord } from './words.js';

/** ERC-1967: keccak256("eip1967.proxy.implementation") - 1. */
export const IMPLEMENTATION_SLOT = fromHex('0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc');
/** Layouts that this program knows. */
export const LAYOUTS = new Set([1]);
export const CLASS_RECEIPT = 1n;
export const CLASS_PAPER = 3n;
const ON_PAPER = 2n;

/**
 * @param {string} namespace
 * @returns {bigint} First slot of the namespace (ERC-7201).
 */
export function erc7201Base(namespace) {
  const inner = toInteger(keccak(utf8(namespace))) - 1n;
  return toInteger(keccak(uintWord(inner, 256))) & ~0xffn;
}

const LEDGER = erc7201Base('piaolian.storage.ReceiptLedger');
const REGISTRY = erc7201Base('piaolian.storage.Registry');

/** @param {number | bigint} rootId Of a batch, or redRootId of a receipt that may be reversed. */
export const rootSlot = (rootId) => slot(mapped(rootId, LEDGER + 1n));

/**
 * @param {number | bigint} range
 * @param {number | bigint} number
 * @returns {bigint} Number of the root of the red receipt that reverses a receipt, whether it exists or not.
 */
export const redRootId = (range, number) => (1n << 62n) | (BigInt(range) << 34n) | BigInt(number);

/** @param {number | bigint} range @param {number | bigint} number */
export const holdSlot = (range, number) => slot(mapped(number, mapped(range, LEDGER + 3n)));

/** @param {number | bigint} unit */
export const creditCodeSlot = (unit) => slot(mapped(unit, REGISTRY + 2n) + 2n);

/** @param {number | bigint} range */
export const rangeSlot = (range) => slot(mapped(range, REGISTRY + 11n));

/**
 * @param {bigint} value
 * @returns {{share: bigint, paper: {range: bigint, number: bigint, unit: bigint} | null}} Billionths booked, and the
 *   paper original in the receipt's place; never both.
 */
export function holdOf(value) {
  const paper = { range: bits(value, 32, 32), number: bits(value, 64, 40), unit: bits(value, 104, 32) };
  return { share: bits(value, 0, 32), paper: bits(value, 248, 8) === ON_PAPER ? paper : null };
}

/**
 * @param {bigint} value
 * @returns {{unit: bigint, prefix: bigint, first: bigint, next: bigint, rangeClass: bigint, mode: bigint}}
 */
export function rangeOf(value) {
  return {
    unit: bits(value, 0, 32),
    prefix: bits(value, 32, 64),
    first: bits(value, 96, 40),
    next: bits(value, 176, 40),
    rangeClass: bits(value, 216, 8),
    mode: bits(value, 224, 8),
  };
}

/** @param {number | bigint} key @param {bigint} place */
function mapped(key, place) {
  return toInteger(keccak(uintWord(key, 256), uintWord(place, 256)));
}

/** @param {bigint} place */
function slot(place) {
  return uintWord(BigInt.asUintN(256, place), 256);
}

/** @param {bigint} value @param {number} start @param {number} width */
function bits(value, start, width) {
  return BigInt.asUintN(width, value >> BigInt(start));
}
