/**
 * The checks that read the chain's state: contracts, root, range, unit, and what binds on the receipt.
 */
import { fromHex, sameBytes, toHex, toInteger, utf8 } from '../bytes.js';
import { HEADER_MODES, controlOf, headerHash } from '../chain/leaves.js';
import {
  CLASS_PAPER,
  CLASS_RECEIPT,
  IMPLEMENTATION_SLOT,
  creditCodeSlot,
  holdOf,
  holdSlot,
  rangeOf,
  rangeSlot,
  redRootId,
  rootSlot,
} from '../chain/slots.js';
import { rootFromPath } from '../chain/tree.js';
import { TrieNodes, accountAt, slotValue } from '../chain/trie.js';
import { keccak, uintWord } from '../chain/words.js';
import { Refusal, inStep } from '../refusal.js';

/**
 * @typedef {{isRed: boolean, redNumber: string | null, paperNumber: string | null, bookedShare: bigint}} ProvenState
 */

/** The state behind a bundle. */
export class ChainFacts {
  /**
   * @param {import('./bundle.js').Bundle} bundle
   * @param {import('../receipt/reading.js').Receipt} receipt
   * @param {import('./trust.js').Trust} trust
   */
  constructor(bundle, receipt, trust) {
    this.members = bundle.members;
    this.receipt = receipt;
    this.trust = trust;
    this.nodes = new TrieNodes(bundle.state);
    this.header = headerOf(bundle.members.header);
    this.number = BigInt(bundle.members.receipt.number);
    this.extension = receipt.main.MainExt ?? {};
    this.isRed = isRed(receipt);
    /** @type {Record<string, Uint8Array>} */
    this.storage = {};
  }

  /** Step 12: both proxies and what they point to are code that somebody checked. */
  checkContracts() {
    for (const name of ['ReceiptLedger', 'Registry']) {
      const known = this.trust.file.contracts[name];
      const stateRoot = fromHex(this.members.checkpoint.state_root);
      const proxy = accountAt(this.nodes, stateRoot, fromHex(known.address));
      if (proxy === null) throw new Refusal('contract-missing', name);
      if (!known.proxy_code_hashes.includes(toHex(proxy.codeHash))) throw new Refusal('contract-code-unknown', name);
      const pointer = slotValue(this.nodes, proxy.storageRoot, IMPLEMENTATION_SLOT);
      const implementation = accountAt(this.nodes, stateRoot, uintWord(BigInt.asUintN(160, pointer), 256).slice(12));
      const codes = known.implementations.map((/** @type {any} */ one) => one.code_hash);
      if (implementation === null || !codes.includes(toHex(implementation.codeHash))) {
        throw new Refusal('implementation-unknown', name);
      }
      this.storage[name] = proxy.storageRoot;
    }
  }

  /** Step 13: the header stands under the ledger's root. */
  checkRoot() {
    const { root } = this.members;
    const original = this.original();
    const rootId = original ? redRootId(original.range, original.number) : root.id;
    const stored = uintWord(this.word('ReceiptLedger', rootSlot(rootId)), 256);
    if (stored.every((byte) => byte === 0)) throw new Refusal('root-missing', '', 'root.id');
    const isPlace = root.position < 2 ** root.path.length;
    const found = rootFromPath(headerHash(this.header), root.position, root.path.map(fromHex));
    if (!isPlace || !sameBytes(found, stored)) throw new Refusal('header-not-under-root', '', 'root.path');
  }

  /** Step 14: the range is the header's and the receipt's. */
  checkRange() {
    const found = this.range(this.header.range);
    const checks = [
      ['range-missing', found.rangeClass === CLASS_RECEIPT],
      ['range-of-other-unit', found.unit === BigInt(this.header.unit)],
      ['range-of-other-mode', found.mode === BigInt(controlOf(this.header.mode))],
      ['range-of-other-code', found.prefix === BigInt(this.members.receipt.code)],
      ['range-without-number', found.first <= this.number && this.number < found.next],
    ];
    for (const [code, holds] of checks) if (!holds) throw new Refusal(String(code), '', 'header.range');
  }

  /** Step 15: the header's unit is the document's. */
  checkUnit() {
    const registered = this.word('Registry', creditCodeSlot(this.header.unit));
    const { InvoicingPartyCode: code } = this.receipt.main.InvoicingParty;
    if (registered !== toInteger(keccak(utf8(code)))) throw new Refusal('unit-other', '', 'InvoicingPartyCode');
  }

  /** Steps 19 to 22. @returns {ProvenState} */
  checkState() {
    const { range } = this.header;
    inStep('original', () => this.checkOriginal());
    const redNumber = inStep('reversal', () => this.redNumber());
    const [bookedShare, paperNumber] = inStep('paper', () => {
      const { share, paper } = holdOf(this.word('ReceiptLedger', holdSlot(range, this.number)));
      return [share, this.paperNumber(paper)];
    });
    inStep('state-complete', () => {
      if (this.nodes.unused) throw new Refusal('state-node-unused', String(this.nodes.unused), 'state');
    });
    return { isRed: this.isRed, redNumber, paperNumber, bookedShare };
  }

  /** What a red receipt reverses; null of a receipt that is not red. */
  original() {
    const range = this.members.original_range;
    const number = this.extension.RelatedInvoiceNumber;
    const isNumbered = this.members.root.id !== null;
    if (!this.isRed) {
      if (range !== null || !isNumbered) throw new Refusal('original-unexpected', '', 'original_range');
      return null;
    }
    if (range === null || !number || isNumbered) throw new Refusal('original-missing', '', 'original_range');
    return { range, number: BigInt(number) };
  }

  checkOriginal() {
    const original = this.original();
    if (original === null) return;
    const found = this.range(original.range);
    const isThere = found.first <= original.number && original.number < found.next;
    const isUnit =
      found.unit === BigInt(this.header.unit) && codeOf(found.prefix) === this.extension.RelatedInvoiceCode;
    if (found.rangeClass !== CLASS_RECEIPT || !isUnit || !isThere) {
      throw new Refusal('original-missing', '', 'original_range');
    }
  }

  /** @returns {string | null} Code and number of the red receipt that cancels this one. */
  redNumber() {
    const rootId = redRootId(this.header.range, this.number);
    const stored = uintWord(this.word('ReceiptLedger', rootSlot(rootId)), 256);
    const red = this.members.red_header;
    if (stored.every((byte) => byte === 0)) {
      if (red !== null) throw new Refusal('red-header-unexpected', '', 'red_header');
      return null;
    }
    if (red === null) throw new Refusal('red-header-missing', '', 'red_header');
    if (!sameBytes(headerHash(headerOf(red)), stored)) throw new Refusal('red-header-differs', '', 'red_header');
    const found = this.range(red.range);
    if (found.rangeClass !== CLASS_RECEIPT || found.unit !== BigInt(this.header.unit) || red.unit !== this.header.unit) {
      throw new Refusal('red-header-of-other-unit', '', 'red_header');
    }
    return `${codeOf(found.prefix)}${String(red.first).padStart(10, '0')}`;
  }

  /**
   * @param {{range: bigint, number: bigint, unit: bigint} | null} paper
   * @returns {string | null} Code and number of the paper original.
   */
  paperNumber(paper) {
    if (paper === null) return null;
    const found = this.range(paper.range);
    const unit = BigInt(this.header.unit);
    if (found.rangeClass !== CLASS_PAPER || found.unit !== unit || paper.unit !== unit) {
      throw new Refusal('paper-of-other-unit');
    }
    return `${codeOf(found.prefix)}${String(paper.number).padStart(10, '0')}`;
  }

  /** @param {number | bigint} range */
  range(range) {
    return rangeOf(this.word('Registry', rangeSlot(range)));
  }

  /** @param {string} contract @param {Uint8Array} slot */
  word(contract, slot) {
    return slotValue(this.nodes, this.storage[contract], slot);
  }
}

/** @param {import('../receipt/reading.js').Receipt} receipt @returns {boolean} Whether it names one that it cancels. */
export function isRed({ main }) {
  return Boolean(main.MainExt?.RelatedInvoiceCode || main.MainExt?.RelatedInvoiceNumber);
}

/** @param {bigint} prefix */
function codeOf(prefix) {
  return String(prefix).padStart(8, '0');
}

/** @param {any} header Part of a bundle. */
export function headerOf(header) {
  return {
    unit: header.unit,
    range: header.range,
    mode: HEADER_MODES[/** @type {keyof typeof HEADER_MODES} */ (header.mode)],
    first: header.first,
    count: header.count,
    issueDay: header.issue_day,
    totalFen: header.total_fen,
    catalogVersion: header.catalog_version,
    unitRoot: fromHex(header.unit_root),
  };
}
