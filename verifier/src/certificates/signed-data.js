/**
 * Detached SignedData around one signature: GB/T 35275 for SM2, CMS (RFC 5652) for P-256.
 */
import { bytesToHex } from '../bytes.js';
import { Refusal } from '../refusal.js';
import { readCertificate } from './certificate.js';
import { P256, SM2 } from './curves.js';
import { DERError, asn1js, childrenOf, expect, hasTag, integerOf, octetsOf, oidOf, rawOf, readDER } from './der.js';

const MAX_BYTES = 65_536;
/** @type {Record<string, {signedData: string, data: string, digest: string, signatures: string[]}>} */
const PROFILES = {
  [SM2]: {
    signedData: '1.2.156.10197.6.1.4.2.2',
    data: '1.2.156.10197.6.1.4.2.1',
    digest: '1.2.156.10197.1.401',
    // GM/T 0009 names the algorithm 301.1; some servers write the certificate's 501.
    signatures: ['1.2.156.10197.1.301.1', '1.2.156.10197.1.501'],
  },
  [P256]: {
    signedData: '1.2.840.113549.1.7.2',
    data: '1.2.840.113549.1.7.1',
    digest: '2.16.840.1.101.3.4.2.1',
    signatures: ['1.2.840.10045.4.3.2'],
  },
};

/**
 * @param {Uint8Array} der
 * @param {string} suite That the document names.
 * @returns {{certificate: import('./certificate.js').Certificate, signature: Uint8Array}} Nothing is verified yet.
 * @throws {Refusal} `signature-format-wrong`, `signature-algorithm-mismatch` or `signer-mismatch`.
 */
export function readDetached(der, suite) {
  if (der.length > MAX_BYTES) throw wrong('超过 65536 字节');
  try {
    return read(der, PROFILES[suite]);
  } catch (error) {
    if (error instanceof DERError) throw wrong('不是有效的 SignedData 结构');
    throw error;
  }
}

/** @param {Uint8Array} der @param {typeof PROFILES[string]} profile */
function read(der, profile) {
  const [type, wrapped] = childrenOf(expect(readDER(der), asn1js.Sequence));
  if (!hasTag(wrapped, 0)) throw new DERError('content is missing');
  const parts = childrenOf(expect(childrenOf(wrapped)[0], asn1js.Sequence));
  const [version, digests, content, ...rest] = parts;
  integerOf(version);
  expect(digests, asn1js.Set);
  if (oidOf(type) !== profile.signedData) throw wrong('类型不是该算法套件的 SignedData');
  const inner = childrenOf(content);
  if (oidOf(inner[0]) !== profile.data) throw wrong('内容类型不是该算法套件的 data');
  if (inner.length > 1) throw wrong('包含了原文，应为分离式签名');
  const signers = childrenOf(expect(rest[rest.length - 1], asn1js.Set));
  if (signers.length !== 1) throw wrong('必须恰有一个签名者');
  const signer = readSigner(signers[0], profile);
  const enclosed = rest.find((node) => hasTag(node, 0));
  for (const node of enclosed === undefined ? [] : childrenOf(enclosed)) {
    const certificate = readCertificate(rawOf(node));
    if (certificate.issuerDER === signer.issuer && certificate.serial === signer.serial) {
      return { certificate, signature: signer.signature };
    }
  }
  throw new Refusal('signer-mismatch', '签名中没有签名者的证书', 'SignatureValue');
}

/** @param {any} node @param {typeof PROFILES[string]} profile */
function readSigner(node, profile) {
  const parts = childrenOf(expect(node, asn1js.Sequence));
  if (parts.some((part) => hasTag(part, 0))) throw wrong('本规范不使用已签名属性');
  const [version, name, digest, algorithm, signature] = parts;
  integerOf(version);
  const digestOID = oidOf(childrenOf(digest)[0]);
  const algorithmOID = oidOf(childrenOf(algorithm)[0]);
  if (digestOID !== profile.digest || !profile.signatures.includes(algorithmOID)) {
    throw new Refusal('signature-algorithm-mismatch', '摘要算法或签名算法与票据声明不符', 'SignatureValue');
  }
  const [issuer, serial] = childrenOf(name);
  return { issuer: bytesToHex(rawOf(issuer)), serial: integerOf(serial), signature: octetsOf(signature) };
}

/** @param {string} what */
function wrong(what) {
  return new Refusal('signature-format-wrong', `签名值不是分离式 SignedData：${what}`, 'SignatureValue');
}
