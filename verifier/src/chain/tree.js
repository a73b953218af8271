/**
 * The positional tree: a leaf's place is part of what its path proves.
 *
 * A parent is keccak(left || right); where a right sibling is missing, 32 zero bytes stand in its place. The root of one
 * leaf is the leaf. A path has exactly ceil(log2(count)) siblings, lowest first; bit i of the place is the direction.
 */
import { sameBytes } from '../bytes.js';
import { NO_WORD, keccak } from './words.js';

/**
 * @param {number} count Leaves, at least one and below 2^32.
 * @returns {number} Siblings in a path.
 */
export function pathLength(count) {
  return count === 1 ? 0 : 32 - Math.clz32(count - 1);
}

/**
 * @param {Uint8Array[]} leaves At least one, 32 bytes each.
 * @param {(left: Uint8Array, right: Uint8Array) => Uint8Array} join Makes a parent.
 * @returns {Uint8Array[][]} All levels, the leaves first and the root alone last.
 */
export function treeOf(leaves, join = keccak) {
  if (leaves.length === 0) throw new RangeError('a tree needs at least one leaf');
  const levels = [leaves];
  for (let below = leaves; below.length > 1; below = levels[levels.length - 1]) {
    const level = [];
    for (let at = 0; at < below.length; at += 2) level.push(join(below[at], below[at + 1] ?? NO_WORD));
    levels.push(level);
  }
  return levels;
}

/**
 * @param {Uint8Array[][]} levels
 * @param {number} place
 * @returns {Uint8Array[]} Siblings of the leaf at the place, lowest first.
 */
export function pathOf(levels, place) {
  return levels.slice(0, -1).map((level, height) => level[Math.floor(place / 2 ** height) ^ 1] ?? NO_WORD);
}

/**
 * @param {Uint8Array} leaf
 * @param {number} place Below 2^32.
 * @param {Uint8Array[]} path
 * @param {(left: Uint8Array, right: Uint8Array) => Uint8Array} join Makes a parent.
 * @returns {Uint8Array} The root that the path leads to.
 */
export function rootFromPath(leaf, place, path, join = keccak) {
  return path.reduce(
    (node, sibling, height) => ((place >>> height) & 1 ? join(sibling, node) : join(node, sibling)),
    leaf,
  );
}

/**
 * @param {Uint8Array} root
 * @param {Uint8Array} leaf
 * @param {number} place
 * @param {number} count
 * @param {Uint8Array[]} path
 * @returns {boolean} Whether the leaf stands at the place of the tree of `count` leaves under the root.
 */
export function isUnderRoot(root, leaf, place, count, path) {
  if (!Number.isInteger(place) || place < 0 || place >= count || path.length !== pathLength(count)) return false;
  if ([root, leaf, ...path].some((node) => node.length !== 32)) return false;
  return sameBytes(rootFromPath(leaf, place, path), root);
}
