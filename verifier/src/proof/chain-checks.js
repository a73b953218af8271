/**
 * The checks that read the chain's state: contracts, root, range, unit, and what binds on the receipt.
 */
import { fromHex, sameBytes, toHex, toInteger, utf8 } from '../bytes.js';
import { MODES, headerHash } from '../chain/leaves.js';
import {
  CLASS_PAPER,
  CLASS_RECEIPT,
  IMPLEMENTATION_SLOT,
  MARK_RED,
  MARK_VOID,
  bookingOf,
  bookingSlot,
  creditCodeSlot,
  linkOf,
  marksOf,
  marksSlot,
  paperSlot,
  rangeOf,
  rangeSlot,
  reversalSlot,
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
    this.header = headerOf(bundle.members);
    this.number = BigInt(bundle.members.receipt.number);
    this.extension = receipt.main.MainExt ?? {};
    this.isRed = Boolean(this.extension.RelatedInvoiceCode || this.extension.RelatedInvoiceNumber);
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
    const stored = uintWord(this.word('ReceiptLedger', rootSlot(root.id)), 256);
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
      ['range-of-other-mode', found.mode === BigInt(this.header.mode)],
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
    const booking = inStep('marks', () => this.checkMarks(range));
    const redNumber = inStep('reversal', () => {
      this.checkOriginal();
      return this.numberOf(linkOf(this.word('ReceiptLedger', reversalSlot(range, this.number))), CLASS_RECEIPT);
    });
    const paperNumber = inStep('paper', () =>
      this.numberOf(linkOf(this.word('ReceiptLedger', paperSlot(range, this.number))), CLASS_PAPER),
    );
    inStep('state-complete', () => {
      if (this.nodes.unused) throw new Refusal('state-node-unused', String(this.nodes.unused), 'state');
    });
    return { isRed: this.isRed, redNumber, paperNumber, bookedShare: booking.share };
  }

  /** @param {number} range */
  checkMarks(range) {
    const marks = marksOf(this.word('ReceiptLedger', marksSlot(range, this.number)), this.number);
    const booking = bookingOf(this.word('ReceiptLedger', bookingSlot(range, this.number)));
    if (marks & MARK_VOID) throw new Refusal('number-is-void');
    if (Boolean(marks & MARK_RED) !== this.isRed) throw new Refusal('mark-red-differs');
    return booking;
  }

  checkOriginal() {
    const originalRange = this.members.original_range;
    if (!this.isRed) {
      if (originalRange !== null) throw new Refusal('original-unexpected', '', 'original_range');
      return;
    }
    const { RelatedInvoiceCode: code, RelatedInvoiceNumber: number } = this.extension;
    if (originalRange === null || !code || !number) throw new Refusal('original-missing', '', 'original_range');
    const found = this.range(originalRange);
    const isThere = found.first <= BigInt(number) && BigInt(number) < found.next;
    const isUnit = found.unit === BigInt(this.header.unit) && found.prefix === BigInt(code);
    if (found.rangeClass !== CLASS_RECEIPT || !isUnit || !isThere) {
      throw new Refusal('original-missing', '', 'original_range');
    }
    const link = linkOf(this.word('ReceiptLedger', reversalSlot(originalRange, number)));
    const isLinked =
      link.range === BigInt(this.header.range) && link.number === this.number && link.unit === BigInt(this.header.unit);
    if (!isLinked) throw new Refusal('original-not-linked');
  }

  /**
   * @param {{range: bigint, number: bigint, unit: bigint}} link
   * @param {bigint} rangeClass
   * @returns {string | null} Code and number that took the receipt's place.
   */
  numberOf(link, rangeClass) {
    if (link.range === 0n) return null;
    const found = this.range(link.range);
    const unit = BigInt(this.header.unit);
    if (found.rangeClass !== rangeClass || found.unit !== unit || link.unit !== unit) {
      throw new Refusal('link-of-other-unit');
    }
    return `${String(found.prefix).padStart(8, '0')}${String(link.number).padStart(10, '0')}`;
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

/** @param {any} members Of a bundle. */
export function headerOf({ header }) {
  return {
    unit: header.unit,
    range: header.range,
    mode: MODES[/** @type {'code' | 'list'} */ (header.mode)],
    first: header.first,
    count: header.count,
    issueDay: header.issue_day,
    totalFen: header.total_fen,
    catalogVersion: header.catalog_version,
    unitRoot: fromHex(header.unit_root),
  };
}
