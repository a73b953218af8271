/**
 * X.509 certificates of document keys, in both suites.
 */
import { bytesToHex, sameBytes } from '../bytes.js';
import { Refusal } from '../refusal.js';
import { P256, SM2, isPublicKey, verifyDER } from './curves.js';
import { DERError, asn1js, bitsOf, childrenOf, expect, hasTag, integerOf, octetsOf, oidOf, rawOf, readDER, timeOf } from './der.js';

const MAX_CERTIFICATE_BYTES = 8192;
const EC_KEY = '1.2.840.10045.2.1';
/** @type {Record<string, string>} */
const CURVES = { '1.2.156.10197.1.301': SM2, '1.2.840.10045.3.1.7': P256 };
/** Signature algorithms of certificates: SM2 with SM3 (GM/T 0006), ECDSA with SHA-256 (RFC 5758). */
/** @type {Record<string, string>} */
const SIGNATURES = { [SM2]: '1.2.156.10197.1.501', [P256]: '1.2.840.10045.4.3.2' };
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
// Basic constraints, key usage, extended key usage, subject and authority key identifiers.
const KNOWN_EXTENSIONS = new Set([BASIC_CONSTRAINTS, KEY_USAGE, '2.5.29.37', '2.5.29.14', '2.5.29.35']);
/** @type {Record<string, string>} */
const NAMES = {
  '2.5.4.3': 'CN',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.6': 'C',
  '2.5.4.8': 'ST',
  '2.5.4.7': 'L',
  '2.5.4.5': 'SERIALNUMBER',
};
/** Bits of RFC 5280, section 4.2.1.3. */
const USAGE = { digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5 };

/**
 * @typedef {{der: Uint8Array, serial: bigint, subject: string, issuer: string, subjectDER: string, issuerDER: string,
 *   notBefore: number, notAfter: number, suite: string, point: Uint8Array, signed: Uint8Array, signature: Uint8Array,
 *   signatureOID: string, usage: Set<number> | null, isAuthority: boolean, pathLength: number | null,
 *   hasUnknownCritical: boolean}} Certificate
 */

/**
 * @param {Uint8Array} der
 * @returns {Certificate}
 * @throws {Refusal} `certificate-malformed` or `certificate-suite-unsupported`.
 */
export function readCertificate(der) {
  if (der.length > MAX_CERTIFICATE_BYTES) throw malformed();
  try {
    return decode(der);
  } catch (error) {
    if (error instanceof DERError || error instanceof RangeError) throw malformed();
    throw error;
  }
}

/**
 * @param {string} pem One or more certificates.
 * @returns {Certificate[]}
 */
export function readPEM(pem) {
  const found = [...pem.matchAll(/-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)];
  if (found.length === 0) throw malformed();
  return found.map(([, body]) => {
    try {
      return readCertificate(Uint8Array.from(atob(body.replace(/\s/g, '')), (one) => one.charCodeAt(0)));
    } catch (error) {
      throw error instanceof Refusal ? error : malformed();
    }
  });
}

/** @param {Uint8Array} der @returns {Certificate} */
function decode(der) {
  const [body, algorithm, value] = childrenOf(expect(readDER(der), asn1js.Sequence));
  const fields = childrenOf(expect(body, asn1js.Sequence));
  if (!hasTag(fields[0], 0) || integerOf(childrenOf(fields[0])[0]) !== 2n) throw new DERError('version 3 is expected');
  const [, serial, inner, issuer, validity, subject, keyInfo, ...rest] = fields;
  const [notBefore, notAfter] = childrenOf(validity).map(timeOf);
  const signatureOID = oidOf(childrenOf(algorithm)[0]);
  if (oidOf(childrenOf(inner)[0]) !== signatureOID) throw malformed();
  const extensions = readExtensions(rest.find((node) => hasTag(node, 3)));
  return {
    der,
    serial: integerOf(serial),
    subject: nameText(subject),
    issuer: nameText(issuer),
    subjectDER: bytesToHex(rawOf(subject)),
    issuerDER: bytesToHex(rawOf(issuer)),
    notBefore,
    notAfter,
    ...readKey(keyInfo),
    signed: rawOf(body),
    signature: bitsOf(value),
    signatureOID,
    ...extensions,
  };
}

/** @param {any} keyInfo */
function readKey(keyInfo) {
  const [algorithm, key] = childrenOf(keyInfo);
  const [kind, curve] = childrenOf(algorithm);
  const suite = oidOf(kind) === EC_KEY && curve instanceof asn1js.ObjectIdentifier ? CURVES[oidOf(curve)] : undefined;
  if (suite === undefined) throw new Refusal('certificate-suite-unsupported', '证书密钥既非 SM2 也非 P-256');
  const point = bitsOf(key);
  if (!isPublicKey(suite, point)) throw malformed();
  return { suite, point };
}

/** @param {any} node */
function readExtensions(node) {
  /** @type {{usage: Set<number> | null, isAuthority: boolean, pathLength: number | null, hasUnknownCritical: boolean}} */
  const found = { usage: null, isAuthority: false, pathLength: null, hasUnknownCritical: false };
  for (const extension of node === undefined ? [] : childrenOf(childrenOf(node)[0])) {
    const parts = childrenOf(extension);
    const oid = oidOf(parts[0]);
    const isCritical = parts.length === 3 && expect(parts[1], asn1js.Boolean).valueBlock.value;
    const content = octetsOf(parts[parts.length - 1]);
    if (isCritical && !KNOWN_EXTENSIONS.has(oid)) found.hasUnknownCritical = true;
    if (oid === BASIC_CONSTRAINTS) {
      const [first, second] = childrenOf(readDER(content));
      found.isAuthority = first instanceof asn1js.Boolean && first.valueBlock.value;
      const length = first instanceof asn1js.Integer ? first : second;
      found.pathLength = length === undefined ? null : Number(integerOf(length));
    }
    if (oid === KEY_USAGE) found.usage = usageOf(readDER(content));
  }
  return found;
}

/** @param {any} node @returns {Set<number>} */
function usageOf(node) {
  const bytes = new Uint8Array(expect(node, asn1js.BitString).valueBlock.valueHexView);
  const places = [...bytes].flatMap((byte, at) => Array.from({ length: 8 }, (_, bit) => (byte >> (7 - bit)) & 1 && at * 8 + bit + 1));
  return new Set(places.filter(Boolean).map((place) => Number(place) - 1));
}

/** @param {any} name @returns {string} Most specific part first. */
function nameText(name) {
  const parts = childrenOf(name).flatMap((relative) => childrenOf(relative).map(childrenOf));
  return parts
    .reverse()
    .map(([kind, value]) => `${NAMES[oidOf(kind)] ?? oidOf(kind)}=${value.valueBlock.value ?? ''}`)
    .join(',');
}

/**
 * @param {Certificate} issuer
 * @param {Certificate} certificate
 * @returns {boolean} Whether the issuer's key signed the certificate.
 */
export function isIssuedBy(issuer, certificate) {
  if (certificate.signatureOID !== SIGNATURES[issuer.suite]) return false;
  try {
    verifyDER(issuer.suite, issuer.point, certificate.signed, certificate.signature);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** @param {Certificate} certificate */
export function mayIssue(certificate, authoritiesBelow = 0) {
  const usageAllows = certificate.usage === null || certificate.usage.size === 0 || certificate.usage.has(USAGE.keyCertSign);
  const lengthAllows = certificate.pathLength === null || authoritiesBelow <= certificate.pathLength;
  return certificate.isAuthority && usageAllows && lengthAllows && !certificate.hasUnknownCritical;
}

/** @param {Certificate} certificate */
export function maySignDocuments(certificate) {
  const { usage } = certificate;
  const usageAllows =
    usage === null || usage.size === 0 || usage.has(USAGE.digitalSignature) || usage.has(USAGE.nonRepudiation);
  return !certificate.isAuthority && usageAllows;
}

/** @param {Certificate} one @param {Certificate} other */
export function sameCertificate(one, other) {
  return sameBytes(one.der, other.der);
}

/** @param {bigint} serial @returns {string} As KeyInfo writes it. */
export function serialText(serial) {
  return serial.toString(16).toUpperCase().padStart(16, '0');
}

function malformed() {
  return new Refusal('certificate-malformed', '证书格式有误', 'certificate');
}
