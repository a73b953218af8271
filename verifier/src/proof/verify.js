/**
 * The whole check of a bundle, as one numbered list; pure: no network and no clock. The numbers and names are those of
 * docs/proof-bundle.md and of the SDK. The first check that fails ends it.
 */
import { concatBytes, fromHex, sameBytes, utf8 } from '../bytes.js';
import { P256, sha256, verifyRaw } from '../certificates/curves.js';
import { HEADER_MODES, amountWord, bodyHash, controlOf, isRedMode, leafHash } from '../chain/leaves.js';
import { isUnderRoot } from '../chain/tree.js';
import { keccak, uintWord } from '../chain/words.js';
import { dayFromText, dayStart, fenFromText, unixFromCompact } from '../receipt/amounts.js';
import { readReceipt } from '../receipt/reading.js';
import { documentDigest, missing, verifySupervisionSignature, verifyUnitSignature } from '../receipt/signatures.js';
import { Refusal, inStep } from '../refusal.js';
import { checkSize, readBundle } from './bundle.js';
import { ChainFacts, headerOf, isRed } from './chain-checks.js';
import { verifiedReceipt } from './result.js';

// How far the clock of whoever checks may lie behind the chain's, and a signer's ahead of it.
const TOLERANCE_SECONDS = 300;
const WINDOW_SECONDS = 72 * 3600;
const DAY_SECONDS = 86_400;
const NO_LINES = `0x${'00'.repeat(32)}`;
const CHECKPOINT_TYPE = keccak(
  utf8('Checkpoint(uint64 chainId,bytes32 genesisHash,uint64 number,bytes32 blockHash,bytes32 stateRoot,uint64 timestamp)'),
);

/**
 * @param {Uint8Array} data The bundle's file.
 * @param {import('./trust.js').Trust} trust
 * @param {number} atUnix Time of checking, Unix seconds.
 * @returns {import('./result.js').VerifiedReceipt}
 * @throws {Refusal} `step` and `code` name the check that failed.
 */
export function verifyBundle(data, trust, atUnix) {
  // 1. and 2. Size and form.
  inStep('size', () => checkSize(data));
  const bundle = inStep('format', () => readBundle(data));
  const { members } = bundle;
  // 3. and 4. The network is the trusted one; a test is told by its own name first.
  inStep('sandbox', () => checkSandbox(members, trust));
  inStep('network', () => checkNetwork(members, trust));
  // 5. to 8. The checkpoint lies in the past, and a quorum of members signed it.
  checkCheckpoint(members, trust, atUnix);
  // 9. The document is the receipt that the bundle speaks of.
  const receipt = inStep('document', () => checkDocument(bundle));
  // 10. and 11. Header and leaf commit to exactly this document.
  inStep('header', () => checkHeader(members, receipt));
  checkLeaf(members, receipt);
  // 12. to 15. The chain has checked code, the root over the header, and range and unit of it.
  const facts = new ChainFacts(bundle, receipt, trust);
  inStep('contracts', () => facts.checkContracts());
  inStep('root', () => facts.checkRoot());
  inStep('range', () => facts.checkRange());
  inStep('unit', () => facts.checkUnit());
  // 16. to 18. Both signatures, at the times that the issue day and the checkpoint bound.
  const signers = checkSignatures(members, receipt, trust);
  // 19. to 22. What binds on the receipt at the checkpoint's block.
  const state = facts.checkState();
  return verifiedReceipt(members, receipt, trust, signers, state, atUnix);
}

/** @param {any} members @param {import('./trust.js').Trust} trust */
function checkSandbox(members, trust) {
  const isSandbox = members.network.sandbox;
  if (isSandbox && !trust.file.sandbox) throw new Refusal('bundle-from-sandbox', '', 'network.sandbox');
  if (!isSandbox && trust.file.sandbox) throw new Refusal('bundle-not-from-sandbox', '', 'network.sandbox');
}

/** @param {any} members @param {import('./trust.js').Trust} trust */
function checkNetwork(members, trust) {
  if (members.network.chain_id !== trust.file.chain_id) throw new Refusal('bundle-wrong-chain', '', 'network.chain_id');
  if (members.network.genesis_hash !== trust.file.genesis_hash) {
    throw new Refusal('bundle-wrong-genesis', '', 'network.genesis_hash');
  }
}

/** @param {any} members @param {import('./trust.js').Trust} trust @param {number} atUnix */
function checkCheckpoint(members, trust, atUnix) {
  const { checkpoint } = members;
  const moment = checkpoint.timestamp;
  inStep('checkpoint-time', () => {
    if (moment > atUnix + TOLERANCE_SECONDS) throw new Refusal('checkpoint-from-future', '', 'checkpoint.timestamp');
  });
  /** @type {Map<string, Uint8Array>} */
  const keys = new Map();
  inStep('checkpoint-members', () => {
    for (const { member } of checkpoint.signatures) {
      const key = trust.keyOf(member, moment);
      if (!trust.members.has(member)) throw new Refusal('checkpoint-member-unknown', member);
      if (key === null) throw new Refusal('checkpoint-member-not-valid', member);
      if (keys.has(member)) throw new Refusal('checkpoint-member-twice', member);
      keys.set(member, key);
    }
  });
  inStep('checkpoint-quorum', () => {
    const quorum = trust.quorumAt(moment);
    if (quorum === null || keys.size < quorum) throw new Refusal('checkpoint-quorum-missing', `${keys.size} / ${quorum ?? '-'}`);
  });
  inStep('checkpoint-signature', () => {
    const message = checkpointMessage(members);
    for (const { member, signature } of checkpoint.signatures) {
      try {
        verifyRaw(P256, /** @type {Uint8Array} */ (keys.get(member)), message, fromHex(signature));
      } catch (error) {
        throw error instanceof Refusal ? new Refusal('checkpoint-signature-wrong', member) : error;
      }
    }
  });
}

/** @param {any} members @returns {Uint8Array} The 224 bytes that members sign. */
export function checkpointMessage({ network, checkpoint }) {
  return concatBytes(
    CHECKPOINT_TYPE,
    uintWord(network.chain_id, 64),
    fromHex(network.genesis_hash),
    uintWord(checkpoint.number, 64),
    fromHex(checkpoint.block_hash),
    fromHex(checkpoint.state_root),
    uintWord(checkpoint.timestamp, 64),
  );
}

/** @param {import('./bundle.js').Bundle} bundle */
function checkDocument({ members, document }) {
  if (!sameBytes(sha256(document), fromHex(members.document_sha256))) {
    throw new Refusal('document-damaged', '', 'document');
  }
  const receipt = readReceipt(document);
  const { EInvoiceCode: code, EInvoiceNumber: number } = receipt.main;
  if (code !== members.receipt.code || number !== members.receipt.number) {
    throw new Refusal('document-of-other-receipt', '', 'receipt');
  }
  return receipt;
}

/** @param {any} members @param {import('../receipt/reading.js').Receipt} receipt */
function checkHeader({ header, receipt: named }, receipt) {
  const place = Number(named.number) - header.first;
  if (place < 0 || place >= header.count) throw new Refusal('header-without-number', '', 'header.count');
  if (dayFromText(receipt.main.IssueDate) !== header.issue_day) {
    throw new Refusal('header-of-other-day', '', 'header.issue_day');
  }
  if (isRedMode(headerOf(header).mode) !== isRed(receipt)) throw new Refusal('header-red-differs', '', 'header.mode');
}

/** @param {any} members @param {import('../receipt/reading.js').Receipt} receipt */
function checkLeaf(members, receipt) {
  const { leaf } = members;
  const header = headerOf(members.header);
  const isByCode = controlOf(header.mode) === HEADER_MODES.code;
  inStep('leaf', () => {
    const fen = /** @type {bigint} */ (fenFromText(receipt.main.TotalAmount));
    if ((fen < 0n ? -fen : fen) !== BigInt(leaf.amount_fen)) throw new Refusal('leaf-other-amount', '', 'leaf.amount_fen');
    const isFit = isByCode === (leaf.amount_salt === null) && isByCode === (leaf.payment_code !== null);
    if (!isFit || (!isByCode && leaf.lines_hash !== NO_LINES)) throw new Refusal('leaf-unfit-for-mode', '', 'leaf');
    if (isByCode && leaf.payment_code !== receipt.main.MainExt?.PayCode) {
      throw new Refusal('leaf-other-payment-code', '', 'leaf.payment_code');
    }
  });
  const digest = inStep('document', () => documentDigest(receipt));
  inStep('leaf', () => {
    const number = Number(members.receipt.number);
    const hash = leafHash({
      range: header.range,
      number,
      amount: amountWord(leaf.amount_fen, leaf.amount_salt === null ? null : fromHex(leaf.amount_salt)),
      paymentCode: BigInt(leaf.payment_code ?? 0),
      linesHash: fromHex(leaf.lines_hash),
      bodyHash: bodyHash(digest, fromHex(leaf.fields_root), fromHex(leaf.booking_address)),
    });
    const path = members.unit_path.map(fromHex);
    if (!isUnderRoot(header.unitRoot, hash, number - header.first, header.count, path)) {
      throw new Refusal('leaf-not-under-unit-root', '', 'unit_path');
    }
  });
}

/**
 * @param {any} members
 * @param {import('../receipt/reading.js').Receipt} receipt
 * @param {import('./trust.js').Trust} trust
 */
function checkSignatures(members, receipt, trust) {
  const times = inStep('unit-signature', () =>
    receipt.signatures.map((signature) => {
      const time = unixFromCompact(signature.SignatureTime);
      if (time === null) throw new Refusal('time-malformed', '', 'SignatureTime');
      return time;
    }),
  );
  if (times.length !== 2) inStep('supervision-signature', () => { throw missing('财政部门监制签名'); });
  const [unitTime, supervisionTime] = times;
  inStep('signature-time', () => {
    const start = dayStart(members.header.issue_day);
    const latest = members.checkpoint.timestamp + TOLERANCE_SECONDS;
    requireWithin(start - TOLERANCE_SECONDS, unitTime, Math.min(start + DAY_SECONDS + WINDOW_SECONDS, latest), 1);
    requireWithin(unitTime - TOLERANCE_SECONDS, supervisionTime, Math.min(unitTime + WINDOW_SECONDS, latest), 2);
  });
  const unit = inStep('unit-signature', () => verifyUnitSignature(receipt, trust.certificates, unitTime));
  const supervision = inStep('supervision-signature', () =>
    verifySupervisionSignature(receipt, trust.certificates, supervisionTime, (one) => trust.admitSupervisor(one)),
  );
  return { unit, unitTime, supervision, supervisionTime };
}

/** @param {number} earliest @param {number} time @param {number} latest @param {number} place */
function requireWithin(earliest, time, latest, place) {
  if (time < earliest || time > latest) {
    throw new Refusal('signature-time-out-of-window', '', `EInvoiceSignature/Signature[${place}]`);
  }
}
