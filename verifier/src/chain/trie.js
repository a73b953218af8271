/**
 * Values in the state of a chain, proven by the nodes of its tries (Ethereum yellow paper, appendix D).
 *
 * A key leads from the root through branches (17 entries), extensions and leaves (2 entries). Where the way ends before
 * the key does, the key is proven absent: no other way can lead to it under the same root.
 */
import { bytesToHex, toInteger } from '../bytes.js';
import { Refusal } from '../refusal.js';
import { decodeList, decodeText } from './rlp.js';
import { Node, malformed, unpack } from './witness.js';
import { keccak } from './words.js';

// keccak256(0x80): the root of a trie without entries.
const EMPTY_ROOT = '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

/** The nodes of tries that came with a proof. Which of them were needed is kept. */
export class TrieNodes {
  /** @param {Uint8Array} witness Read when the first value is asked for. */
  constructor(witness) {
    this.witness = witness;
    /** @type {{root: string, node: Node}[] | null} */
    this.waiting = null;
    /** @type {Map<string, Node>} */
    this.open = new Map();
  }

  /** How many nodes no key has led to. */
  get unused() {
    const roots = [...this.open.values(), ...this.tries().map(({ node }) => node)];
    return roots.reduce((sum, node) => sum + node.unused, 0);
  }

  /**
   * @param {Uint8Array} root Tries must be asked for in the order in which they came.
   * @param {Uint8Array} key As contracts know it; the trie's own key is its keccak256.
   * @returns {Uint8Array | null} Null when the key is proven absent.
   */
  value(root, key) {
    const name = bytesToHex(root);
    if (name === EMPTY_ROOT) return null;
    const way = bytesToHex(keccak(key));
    let node = this.root(name);
    for (let depth = 0; ; ) {
      node.isUsed = true;
      const found = node.below(way, depth);
      if (found === null) return null;
      if ('value' in found) return found.value;
      depth = found.depth;
      const child = node.items[found.place];
      if (child.length === 0) return null;
      // A child of fewer than 32 bytes stands in its parent itself.
      const below = Array.isArray(child) ? new Node(child) : node.children.get(found.place);
      if (below === undefined) throw missing();
      node = below;
    }
  }

  /** @param {string} name @returns {Node} */
  root(name) {
    const known = this.open.get(name);
    if (known !== undefined) return known;
    const next = this.tries()[0];
    if (next === undefined || next.root !== name) throw missing();
    this.tries().shift();
    this.open.set(name, next.node);
    return next.node;
  }

  /** The tries that no key has led to so far. */
  tries() {
    this.waiting ??= unpack(this.witness);
    return this.waiting;
  }
}

/**
 * @param {TrieNodes} nodes
 * @param {Uint8Array} storageRoot
 * @param {Uint8Array} slot
 * @returns {bigint} The word at the slot, 0 when it is proven absent.
 */
export function slotValue(nodes, storageRoot, slot) {
  const encoded = nodes.value(storageRoot, slot);
  if (encoded === null) return 0n;
  const text = decodeText(encoded);
  if (text.length < 1 || text.length > 32 || text[0] === 0) throw malformed('存储值不是一个字');
  return toInteger(text);
}

/**
 * @param {TrieNodes} nodes
 * @param {Uint8Array} stateRoot
 * @param {Uint8Array} address 20 bytes.
 * @returns {{storageRoot: Uint8Array, codeHash: Uint8Array} | null} Null when the account is proven absent.
 */
export function accountAt(nodes, stateRoot, address) {
  const encoded = nodes.value(stateRoot, address);
  if (encoded === null) return null;
  const account = decodeList(encoded);
  if (account.length !== 4) throw malformed('账户应有四项');
  const [, , storageRoot, codeHash] = account;
  if (Array.isArray(storageRoot) || Array.isArray(codeHash)) throw malformed('账户的项应为字节串');
  if (storageRoot.length !== 32 || codeHash.length !== 32) throw malformed('账户的散列应为 32 字节');
  return { storageRoot, codeHash };
}

function missing() {
  return new Refusal('state-node-missing', '', 'state');
}
