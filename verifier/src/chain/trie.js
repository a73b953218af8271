/**
 * Values in the state of a chain, proven by the nodes of its tries (Ethereum yellow paper, appendix D).
 *
 * The nodes stand in one set; each is found by its keccak256, so a wrong one is never found. A key leads from the root
 * through branches (17 entries), extensions and leaves (2 entries). Where the way ends before the key does, the key is
 * proven absent: no other way can lead to it under the same root.
 */
import { bytesToHex, toInteger } from '../bytes.js';
import { Refusal } from '../refusal.js';
import { decodeList, decodeText } from './rlp.js';
import { keccak } from './words.js';

// keccak256(0x80): the root of a trie without entries.
const EMPTY_ROOT = '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
const KEY_DIGITS = 64;

/** The nodes that came with a proof. Which of them were needed is kept. */
export class TrieNodes {
  /** @param {Uint8Array[]} nodes RLP of each, in any order. */
  constructor(nodes) {
    /** @type {Map<string, Uint8Array>} */
    this.encoded = new Map(nodes.map((node) => [bytesToHex(keccak(node)), node]));
    /** @type {Map<string, import('./rlp.js').Item[]>} */
    this.decoded = new Map();
    this.repeated = nodes.length - this.encoded.size;
  }

  /** How many nodes no key has led to; those that stand twice count as well. */
  get unused() {
    return this.encoded.size - this.decoded.size + this.repeated;
  }

  /**
   * @param {Uint8Array} root
   * @param {Uint8Array} key As contracts know it; the trie's own key is its keccak256.
   * @returns {Uint8Array | null} Null when the key is proven absent.
   */
  value(root, key) {
    if (bytesToHex(root) === EMPTY_ROOT) return null;
    const way = bytesToHex(keccak(key));
    let node = this.node(root);
    for (let depth = 0; ; ) {
      /** @type {import('./rlp.js').Item} */
      let child;
      if (node.length === 17) {
        if (depth === KEY_DIGITS) throw malformed('分支位于键的末尾之下');
        child = node[Number.parseInt(way[depth], 16)];
        depth += 1;
      } else if (node.length === 2) {
        const { part, isLeaf } = pathOf(node[0]);
        const end = depth + part.length;
        if (end > KEY_DIGITS || (isLeaf && end !== KEY_DIGITS)) throw malformed('路径超出键的长度');
        if (way.slice(depth, end) !== part) return null;
        if (isLeaf) return leafValue(node[1]);
        child = node[1];
        depth = end;
      } else {
        throw malformed(`节点有 ${node.length} 项`);
      }
      if (Array.isArray(child)) {
        // A child of fewer than 32 bytes stands in its parent itself.
        node = child;
      } else {
        if (child.length === 0) return null;
        node = this.node(child);
      }
    }
  }

  /**
   * @param {Uint8Array} name
   * @returns {import('./rlp.js').Item[]}
   */
  node(name) {
    const key = bytesToHex(name);
    let found = this.decoded.get(key);
    if (found === undefined) {
      const encoded = this.encoded.get(key);
      if (encoded === undefined) throw new Refusal('state-node-missing', '', 'state');
      found = decodeList(encoded);
      this.decoded.set(key, found);
    }
    return found;
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

/** @param {import('./rlp.js').Item} compact */
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

/** @param {import('./rlp.js').Item} value */
function leafValue(value) {
  if (Array.isArray(value) || value.length === 0) throw malformed('叶子没有值');
  return value;
}

/** @param {string} what */
function malformed(what) {
  return new Refusal('state-node-malformed', what, 'state');
}

