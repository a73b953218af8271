/**
 * Which certificates are trusted, when: roots, chain, validity, key usage, revocation.
 */
import { bytesToHex } from '../bytes.js';
import { Refusal } from '../refusal.js';
import { beijingText } from '../receipt/amounts.js';
import { isIssuedBy, mayIssue, maySignDocuments, sameCertificate, serialText } from './certificate.js';

const MAX_DEPTH = 4;

/** @typedef {import('./certificate.js').Certificate} Certificate */

/** Roots and revocations. Chains are looked for once for each certificate, times are judged at each use. */
export class CertificateTrust {
  /**
   * @param {Certificate[]} roots
   * @param {Certificate[]} intermediates
   * @param {Map<bigint, number>} revocations Serial numbers with the Unix time from which they are revoked.
   * @param {string[]} suites Allowed suites.
   */
  constructor(roots, intermediates, revocations, suites) {
    this.roots = roots;
    this.authorities = [...roots, ...intermediates];
    this.revocations = revocations;
    this.suites = new Set(suites);
    /** @type {Map<string, Certificate[] | null>} */
    this.chains = new Map();
  }

  /**
   * Check that a certificate may sign documents at a time.
   *
   * @param {Certificate} certificate
   * @param {number} at Unix seconds.
   */
  check(certificate, at) {
    // 1. The suite is one that this network allows.
    if (!this.suites.has(certificate.suite)) {
      throw refused(certificate, 'certificate-suite-unsupported', `本环境不允许 ${certificate.suite} 算法`);
    }
    // 2. It is a signing certificate and no authority.
    if (!maySignDocuments(certificate)) {
      throw refused(certificate, 'certificate-not-for-signing', '该证书不能用于签名（密钥用途不符）');
    }
    // 3. A chain of signatures leads to a root.
    // 4. Every link is valid, and not revoked, at the time.
    for (const link of [certificate, ...this.chainOf(certificate)]) this.checkTime(link, at);
  }

  /** @param {Certificate} link @param {number} at */
  checkTime(link, at) {
    if (at < link.notBefore) {
      throw refused(link, 'certificate-not-yet-valid', `证书自 ${beijingText(link.notBefore)} 起有效，尚未生效`);
    }
    if (at > link.notAfter) {
      throw refused(link, 'certificate-expired', `证书已于 ${beijingText(link.notAfter)} 过期`);
    }
    const revokedAt = this.revocations.get(link.serial);
    if (revokedAt !== undefined && at >= revokedAt) {
      throw refused(link, 'certificate-revoked', `证书已于 ${beijingText(revokedAt)} 被吊销`);
    }
  }

  /** @param {Certificate} certificate @returns {Certificate[]} Authorities from the issuer up to a root. */
  chainOf(certificate) {
    const key = bytesToHex(certificate.der);
    let chain = this.chains.get(key);
    if (chain === undefined) {
      chain = this.findChain(certificate, 0);
      this.chains.set(key, chain);
    }
    if (chain === null) throw refused(certificate, 'certificate-not-trusted', '证书链不能追溯到受信任的根证书');
    return chain;
  }

  /** @param {Certificate} certificate @param {number} depth @returns {Certificate[] | null} */
  findChain(certificate, depth) {
    if (certificate.hasUnknownCritical || depth >= MAX_DEPTH) return null;
    for (const issuer of this.authorities) {
      if (issuer.subjectDER !== certificate.issuerDER) continue;
      if (!mayIssue(issuer, depth) || !isIssuedBy(issuer, certificate)) continue;
      if (this.roots.some((root) => sameCertificate(root, issuer))) return [issuer];
      const above = this.findChain(issuer, depth + 1);
      if (above !== null) return [issuer, ...above];
    }
    return null;
  }
}

/** @param {Certificate} certificate @param {string} code @param {string} what */
function refused(certificate, code, what) {
  return new Refusal(code, `证书 ${serialText(certificate.serial)}：${what}`, 'certificate');
}
