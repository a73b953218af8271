/**
 * Strict RLP (Ethereum yellow paper, appendix B): one form is accepted, the shortest.
 */
import { concatBytes } from '../bytes.js';
import { Refusal } from '../refusal.js';

// A trie's nodes hold at most one list within a list within a list; deeper ones are an attack on the stack.
const MAX_DEPTH = 4;

/** @typedef {Uint8Array | Array<any>} Item Bytes, or a list of items. */

/**
 * @param {Uint8Array} data
 * @returns {Item[]} The entries of the one list that fills the data.
 */
export function decodeList(data) {
  const item = decodeWhole(data);
  if (!Array.isArray(item)) throw malformed('应为列表');
  return item;
}

/**
 * @param {Uint8Array} data
 * @returns {Uint8Array} The one text that fills the data.
 */
export function decodeText(data) {
  const item = decodeWhole(data);
  if (Array.isArray(item)) throw malformed('应为字节串');
  return item;
}

/**
 * @param {Uint8Array} data
 * @param {number} start
 * @returns {[Item[], number]} The entries of the list that begins there, and where it ends.
 */
export function decodeFirstList(data, start) {
  const [item, end] = decode(data, start, data.length, 0);
  if (!Array.isArray(item)) throw malformed('应为列表');
  return [item, end];
}

/**
 * @param {Item[]} items
 * @returns {Uint8Array}
 */
export function encodeList(items) {
  const body = concatBytes(...items.map(encoded));
  return concatBytes(prefix(body.length, 0xc0), body);
}

/** @param {Item} item @returns {Uint8Array} */
function encoded(item) {
  if (Array.isArray(item)) return encodeList(item);
  if (item.length === 1 && item[0] < 0x80) return item;
  return concatBytes(prefix(item.length, 0x80), item);
}

/** @param {number} size @param {number} offset */
function prefix(size, offset) {
  if (size <= 55) return Uint8Array.of(offset + size);
  const digits = [];
  for (let left = size; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return Uint8Array.of(offset + 55 + digits.length, ...digits);
}

/** @param {Uint8Array} data */
function decodeWhole(data) {
  const [item, end] = decode(data, 0, data.length, 0);
  if (end !== data.length) throw malformed('之后有多余字节');
  return item;
}

/**
 * @param {Uint8Array} data
 * @param {number} at
 * @param {number} limit
 * @param {number} depth
 * @returns {[Item, number]}
 */
function decode(data, at, limit, depth) {
  if (at >= limit) throw malformed('提前结束');
  const first = data[at];
  if (first < 0x80) return [data.subarray(at, at + 1), at + 1];
  if (first < 0xc0) {
    const [start, end] = span(data, at, limit, 0x80);
    const text = data.subarray(start, end);
    if (text.length === 1 && text[0] < 0x80) throw malformed('单字节多余前缀');
    return [text, end];
  }
  if (depth === MAX_DEPTH) throw malformed('层级过深');
  const [start, end] = span(data, at, limit, 0xc0);
  /** @type {Item[]} */
  const items = [];
  for (let next = start; next < end; ) {
    const [item, after] = decode(data, next, end, depth + 1);
    items.push(item);
    next = after;
  }
  return [items, end];
}

/**
 * @param {Uint8Array} data
 * @param {number} at
 * @param {number} limit
 * @param {number} offset
 * @returns {[number, number]} Where the contents begin and end.
 */
function span(data, at, limit, offset) {
  let size = data[at] - offset;
  let start = at + 1;
  if (size > 55) {
    const width = size - 55;
    // Six bytes hold more than any file; a ninth digit would leave the exact integers.
    if (start + width > limit || width > 6) throw malformed('长度有误');
    size = data.subarray(start, start + width).reduce((sum, byte) => sum * 256 + byte, 0);
    if (data[start] === 0 || size <= 55) throw malformed('长度不是最短形式');
    start += width;
  }
  if (start + size > limit) throw malformed('提前结束');
  return [start, start + size];
}

/** @param {string} what */
function malformed(what) {
  return new Refusal('state-node-malformed', `编码有误：${what}`, 'state');
}
