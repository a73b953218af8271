/**
 * Parts of tries as one text of bytes: what a bundle holds of a chain's state (docs/proof-bundle.md).
 *
 * Nodes stand one after the other, each before those below it. A child that comes along has `c0`, the empty list, in its
 * parent in the place of its hash, and follows in the order of its place: its hash is worked out and not written.
 */
import { bytesToHex } from '../bytes.js';
import { Refusal } from '../refusal.js';
import { decodeFirstList, encodeList } from './rlp.js';
import { keccak } from './words.js';

export const KEY_DIGITS = 64;
const MAX_NODES = 256;
const BRANCH = 17;
const SHORT = 2;
const HASH_BYTES = 32;

/** @typedef {import('./rlp.js').Item} Item */

/** A node of a trie. */
export class Node {
  /** @param {Item[]} items Its entries; children by their hash, or whole where they have fewer than 32 bytes. */
  constructor(items) {
    this.items = items;
    /** @type {Map<number, Node>} The nodes below that came along, by place. */
    this.children = new Map();
    this.isUsed = false;
  }

  /** How many nodes from here on no key has led to. @returns {number} */
  get unused() {
    const below = [...this.children.values()].reduce((sum, child) => sum + child.unused, 0);
    return below + (this.isUsed ? 0 : 1);
  }

  /**
   * @param {string} way The 64 digits of a key.
   * @param {number} depth How many of them led here.
   * @returns {{place: number, depth: number} | {value: Uint8Array} | null} Where the key leads to; null: it is absent.
   */
  below(way, depth) {
    const { items } = this;
    if (items.length === BRANCH) {
      if (depth === KEY_DIGITS) throw malformed('分支位于键的末尾之下');
      return { place: Number.parseInt(way[depth], 16), depth: depth + 1 };
    }
    if (items.length !== SHORT) throw malformed(`节点有 ${items.length} 项`);
    const { part, isLeaf } = pathOf(items[0]);
    const end = depth + part.length;
    if (end > KEY_DIGITS || (isLeaf && end !== KEY_DIGITS)) throw malformed('路径超出键的长度');
    if (way.slice(depth, end) !== part) return null;
    return isLeaf ? { value: leafValue(items[1]) } : { place: 1, depth: end };
  }
}

/**
 * @param {Uint8Array} data
 * @returns {{root: string, node: Node}[]} The tries, each with the hash of its root in hexadecimal digits.
 */
export function unpack(data) {
  const reader = new Reader(data);
  const tries = [];
  while (reader.at < data.length) {
    const { encoded, node } = reader.read(0);
    tries.push({ root: bytesToHex(keccak(encoded)), node });
  }
  return tries;
}

/** @param {string} what */
export function malformed(what) {
  return new Refusal('state-node-malformed', what, 'state');
}

/** Reads nodes one after the other. */
class Reader {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    this.at = 0;
    this.left = MAX_NODES;
  }

  /**
   * @param {number} depth
   * @returns {{encoded: Uint8Array, node: Node}} The next node with all below it, and its RLP with their hashes.
   */
  read(depth) {
    // Each level takes at least one digit of a key: deeper ones are an attack on the stack.
    if (this.left === 0 || depth > KEY_DIGITS) throw malformed('节点过多');
    this.left -= 1;
    const start = this.at;
    const [items, end] = decodeFirstList(this.data, start);
    this.at = end;
    const node = new Node(items);
    for (const [place, item] of items.entries()) {
      if (!Array.isArray(item) || item.length > 0) continue;
      if (!isChild(place, items.length)) throw malformed('此处不能有下级节点');
      const below = this.read(depth + 1);
      if (below.encoded.length < HASH_BYTES) throw malformed('过短的节点应在上级之内');
      node.children.set(place, below.node);
      items[place] = keccak(below.encoded);
    }
    return { encoded: node.children.size > 0 ? encodeList(items) : this.data.subarray(start, end), node };
  }
}

/** @param {number} place @param {number} entries */
function isChild(place, entries) {
  return (entries === BRANCH && place < BRANCH - 1) || (entries === SHORT && place === 1);
}

/** @param {Item} compact */
function pathOf(compact) {
  if (Array.isArray(compact) || compact.length === 0) throw malformed('路径为空');
  const digits = bytesToHex(compact);
  const flag = Number.parseInt(digits[0], 16);
  const isEven = flag === 0 || flag === 2;
  if (flag > 3 || (isEven && digits[1] !== '0')) throw malformed('路径前缀未知');
  const part = digits.slice(isEven ? 2 : 1);
  const isLeaf = flag >= 2;
  if (part === '' && !isLeaf) throw malformed('扩展节点没有路径');
  return { part, isLeaf };
}

/** @param {Item} value */
function leafValue(value) {
  if (Array.isArray(value) || value.length === 0) throw malformed('叶子没有值');
  return value;
}
