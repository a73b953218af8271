/**
 * The two signatures of a receipt: the unit's over header and data, the finance department's over both and the first.
 */
import { concatBytes } from '../bytes.js';
import { P256, SM2, digestOf, sha256, verifyDER } from '../certificates/curves.js';
import { readDetached } from '../certificates/signed-data.js';
import { Refusal } from '../refusal.js';

const SUITES = new Map([['SM2', SM2], ['ECDSA', P256]]);

/** @typedef {import('./reading.js').Receipt} Receipt */

/**
 * @param {Receipt} receipt
 * @returns {Uint8Array} SHA-256 of the unit-signed original: the chain commits to it.
 */
export function documentDigest(receipt) {
  if (receipt.signatureBytes.length === 0) throw missing('单位签名');
  return sha256(concatBytes(receipt.headerBytes, receipt.dataBytes, receipt.signatureBytes[0]));
}

/**
 * @param {Receipt} receipt
 * @param {import('../certificates/trust.js').CertificateTrust} trust
 * @param {number} at Unix seconds of signing.
 * @returns {import('../certificates/certificate.js').Certificate} The unit's.
 */
export function verifyUnitSignature(receipt, trust, at) {
  const original = concatBytes(receipt.headerBytes, receipt.dataBytes);
  return verify(receipt.signatures[0], () => original, trust, at);
}

/**
 * @param {Receipt} receipt
 * @param {import('../certificates/trust.js').CertificateTrust} trust
 * @param {number} at Unix seconds of signing.
 * @param {(certificate: import('../certificates/certificate.js').Certificate) => void} [admit] Refuses signers that
 *   are no finance department.
 * @returns {import('../certificates/certificate.js').Certificate} The finance department's.
 */
export function verifySupervisionSignature(receipt, trust, at, admit) {
  const original = concatBytes(receipt.headerBytes, receipt.dataBytes);
  const message = (/** @type {string} */ suite) => concatBytes(digestOf(suite, original), receipt.signatureBytes[0]);
  return verify(receipt.signatures[1], message, trust, at, admit);
}

/**
 * @param {Record<string, any>} signature
 * @param {(suite: string) => Uint8Array} message
 * @param {import('../certificates/trust.js').CertificateTrust} trust
 * @param {number} at
 * @param {(certificate: import('../certificates/certificate.js').Certificate) => void} [admit]
 */
function verify(signature, message, trust, at, admit) {
  // 1. The document names a suite, and the structure around the signature is of that suite.
  const suite = SUITES.get(signature.SignedInfo.SignatureAlgorithm);
  if (suite === undefined) throw new Refusal('signature-algorithm-mismatch', '未知的签名算法', 'SignatureAlgorithm');
  const detached = readDetached(decodeBase64(signature.SignatureValue), suite);
  // 2. Structure and document speak of one certificate, with a key of that suite.
  checkKeyInfo(signature, detached.certificate, suite);
  // 3. The certificate was trusted at the time.
  admit?.(detached.certificate);
  trust.check(detached.certificate, at);
  // 4. The signature is of that key over exactly these bytes.
  verifyDER(suite, detached.certificate.point, message(suite), detached.signature);
  return detached.certificate;
}

/** @param {string} text */
function decodeBase64(text) {
  const compact = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.length % 4 !== 0) throw notBase64();
  try {
    return Uint8Array.from(atob(compact), (character) => character.charCodeAt(0));
  } catch {
    throw notBase64();
  }
}

/**
 * @param {Record<string, any>} signature
 * @param {import('../certificates/certificate.js').Certificate} certificate
 * @param {string} suite
 */
function checkKeyInfo(signature, certificate, suite) {
  if (certificate.suite !== suite) {
    throw new Refusal('signature-algorithm-mismatch', '票据声明的算法与证书密钥不符', 'SignatureAlgorithm');
  }
  // Producers write the number in hexadecimal or decimal.
  const written = signature.KeyInfo.SerialNumber.trim().toUpperCase().replace(/^0+/, '');
  const { serial } = certificate;
  if (written !== serial.toString(16).toUpperCase() && written !== serial.toString()) {
    throw new Refusal('signer-mismatch', 'KeyInfo 中的证书序列号与签名所附证书不一致', 'KeyInfo/SerialNumber');
  }
}

/** @param {string} what */
export function missing(what) {
  return new Refusal('signature-missing', `票据缺少${what}`, 'EInvoiceSignature');
}

function notBase64() {
  return new Refusal('signature-format-wrong', '签名值不是有效的 Base64', 'SignatureValue');
}
