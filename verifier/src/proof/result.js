/**
 * What a checked bundle says: the receipt, its state at one block, what was proven and what was not.
 */
import { beijingText, fenFromText, textFromFen } from '../receipt/amounts.js';

const WHOLE = 1_000_000_000n;
const PROVEN = [
  '单位签名有效，签名时证书有效且未吊销',
  '财政监制签名有效，签名时证书有效且未吊销',
  '文件逐字节与链上存证一致',
  '代码、号码、金额、开票日期与链上存证一致',
  '开票单位、号段与链上登记一致',
  '合约代码在信任文件允许范围内',
];
const NOT_PROVEN = [
  '该区块之后的状态变化（冲红、换开、入账等），须联网查验',
  '单位证书是否仍为当前登记证书',
  '信任文件生成之后公布的证书吊销',
];
const LIST_NOT_PROVEN = '清单管理票据的项目与单价（由财政部门在监制时核对）';

/**
 * @typedef {{code: string, number: string, checkCode: string, amount: string, issueDate: string, state: string,
 *   stateZh: string, redNumber: string | null, paperNumber: string | null, evidenceNumber: string, name: string,
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
  const [name, nameZh] = stateWords(state);
  const time = beijingText(checkpoint.timestamp);
  const signed = checkpoint.signatures.map((/** @type {any} */ one) => one.member);
  const place = Number(members.receipt.number) - header.first;
  const digits = (/** @type {number} */ value, /** @type {number} */ count) => String(value).padStart(count, '0');
  return {
    code: members.receipt.code,
    number: members.receipt.number,
    checkCode: receipt.main.RandomNumber,
    amount: textFromFen(/** @type {bigint} */ (fenFromText(receipt.main.TotalAmount))),
    issueDate: receipt.main.IssueDate,
    state: name,
    stateZh: nameZh,
    redNumber: state.redNumber,
    paperNumber: state.paperNumber,
    evidenceNumber: `PL${network.chain_id}-${digits(root.id, 8)}-${digits(root.position, 3)}-${digits(place, 4)}`,
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
    proven: [...PROVEN, `${time} 第 ${checkpoint.number} 块的状态，${signed.length} 个成员签名`],
    notProven: header.mode === 'list' ? [...NOT_PROVEN, LIST_NOT_PROVEN] : NOT_PROVEN,
  };
}

/** @param {import('./chain-checks.js').ProvenState} state @returns {[string, string]} */
function stateWords(state) {
  if (state.redNumber) return ['reversed', `已冲红（红票号 ${state.redNumber}）`];
  if (state.paperNumber) return ['exchanged', `已换开纸质（纸质票号 ${state.paperNumber}）`];
  if (state.isRed) return ['red', '红票·已上链'];
  if (state.bookedShare >= WHOLE) return ['booked', '已入账'];
  if (state.bookedShare > 0n) return ['booking', '报销中'];
  return ['stamped', '已上链'];
}
