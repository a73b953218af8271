/**
 * What a checked bundle says: the receipt, its state at one block, what was proven and what was not.
 */
import { HEADER_MODES, controlOf } from '../chain/leaves.js';
import { beijingText, fenFromText, textFromFen } from '../receipt/amounts.js';
import tables from '../tables.json' with { type: 'json' };

const WHOLE = 1_000_000_000n;
const { words } = tables;

/**
 * @typedef {{code: string, number: string, checkCode: string, amount: string, issueDate: string, state: string,
 *   stateZh: string, isCirculable: boolean, redNumber: string | null, paperNumber: string | null, evidenceNumber: string, name: string,
 *   unitName: string, unitSubject: string, supervisionSubject: string, supervision: any, blockNumber: number,
 *   blockTime: string, members: string[], networkName: string, sandbox: boolean, ageSeconds: number,
 *   proven: string[], notProven: string[]}} VerifiedReceipt
 */

/**
 * @param {any} members
 * @param {import('../receipt/reading.js').Receipt} receipt
 * @param {import('./trust.js').Trust} trust
 * @param {{unit: any, supervision: any}} signers
 * @param {import('./chain-checks.js').ProvenState} state
 * @param {number} atUnix
 * @returns {VerifiedReceipt}
 */
export function verifiedReceipt(members, receipt, trust, signers, state, atUnix) {
  const { checkpoint, header, root, network } = members;
  const name = stateName(state);
  const isCirculable = receipt.main.MainExt?.IsArrears !== '0';
  const time = beijingText(checkpoint.timestamp);
  const signed = checkpoint.signatures.map((/** @type {any} */ one) => one.member);
  const place = Number(members.receipt.number) - header.first;
  const digits = (/** @type {number | string} */ value, /** @type {number} */ count) => String(value).padStart(count, '0');
  const isByList = controlOf(HEADER_MODES[/** @type {keyof typeof HEADER_MODES} */ (header.mode)]) === HEADER_MODES.list;
  // A red receipt is held by what it reverses.
  const evidence =
    root.id === null
      ? `R${digits(members.original_range, 8)}-${digits(receipt.main.MainExt.RelatedInvoiceNumber, 10)}`
      : `${digits(root.id, 8)}-${digits(root.position, 3)}-${digits(place, 4)}`;
  return {
    code: members.receipt.code,
    number: members.receipt.number,
    checkCode: receipt.main.RandomNumber,
    amount: textFromFen(/** @type {bigint} */ (fenFromText(receipt.main.TotalAmount))),
    issueDate: receipt.main.IssueDate,
    state: name,
    stateZh: stateWords(name, state, isCirculable),
    isCirculable,
    redNumber: state.redNumber,
    paperNumber: state.paperNumber,
    evidenceNumber: `PL${network.chain_id}-${evidence}`,
    name: receipt.main.EInvoiceName,
    unitName: receipt.main.InvoicingParty.InvoicingPartyName,
    unitSubject: signers.unit.subject,
    supervisionSubject: signers.supervision.subject,
    supervision: signers.supervision,
    blockNumber: checkpoint.number,
    blockTime: time,
    members: signed,
    networkName: trust.file.network_name,
    sandbox: trust.file.sandbox,
    ageSeconds: Math.max(atUnix - checkpoint.timestamp, 0),
    proven: [...words.proven, filled(words.proven_at, { time, block: checkpoint.number, members: signed.length })],
    notProven: isByList ? [...words.not_proven, words.list_not_proven] : words.not_proven,
  };
}

/**
 * @param {import('./chain-checks.js').ProvenState} state
 * @returns {'reversed' | 'exchanged' | 'red' | 'booked' | 'booking' | 'stamped'} The state that binds most.
 */
function stateName(state) {
  if (state.redNumber) return 'reversed';
  if (state.paperNumber) return 'exchanged';
  if (state.isRed) return 'red';
  if (state.bookedShare >= WHOLE) return 'booked';
  return state.bookedShare > 0n ? 'booking' : 'stamped';
}

/**
 * @param {ReturnType<typeof stateName>} name
 * @param {import('./chain-checks.js').ProvenState} state
 * @param {boolean} isCirculable
 * @returns {string} The state in the words people see.
 */
function stateWords(name, state, isCirculable) {
  let text = words.states[name];
  if (name === 'reversed') text += filled(words.red_number, { number: state.redNumber });
  if (name === 'exchanged') text += filled(words.paper_number, { number: state.paperNumber });
  return isCirculable ? text : `${text}·${words.not_circulable}`;
}

/**
 * @param {string} template
 * @param {Record<string, string | number | null>} values By the names in braces.
 */
function filled(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
