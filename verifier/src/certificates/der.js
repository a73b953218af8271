/**
 * DER by asn1js, read strictly: one element fills the bytes, and its lengths are in their shortest form.
 */
import * as asn1js from 'asn1js';
import { bytesToHex, sameBytes } from '../bytes.js';

/** Raised for bytes that are no DER of the expected shape; callers name what they were reading. */
export class DERError extends Error {}

/**
 * @param {Uint8Array} der
 * @returns {asn1js.AsnType}
 */
export function readDER(der) {
  let found;
  try {
    found = asn1js.fromBER(der);
  } catch {
    throw new DERError('no DER');
  }
  if (found.offset !== der.length || found.result.error) throw new DERError('no DER');
  // What encodes again to the same bytes has definite lengths in their shortest form.
  if (!sameBytes(new Uint8Array(found.result.toBER()), der)) throw new DERError('no DER');
  return found.result;
}

/**
 * @param {any} node
 * @returns {Uint8Array} The element with tag and length, as it came.
 */
export function rawOf(node) {
  return node.valueBeforeDecodeView;
}

/**
 * @param {any} node
 * @returns {any[]}
 */
export function childrenOf(node) {
  const children = node?.valueBlock?.value;
  if (!Array.isArray(children)) throw new DERError('a constructed element is expected');
  return children;
}

/**
 * @param {any} node
 * @param {new (...parameters: any[]) => any} kind A class of asn1js.
 * @returns {any}
 */
export function expect(node, kind) {
  if (!(node instanceof kind)) throw new DERError('another type is expected');
  return node;
}

/**
 * @param {any} node
 * @param {number} number
 * @returns {boolean} Whether it carries the context-specific tag.
 */
export function hasTag(node, number) {
  return node !== undefined && node.idBlock.tagClass === 3 && node.idBlock.tagNumber === number;
}

/**
 * @param {any} node
 * @returns {string}
 */
export function oidOf(node) {
  return expect(node, asn1js.ObjectIdentifier).valueBlock.toString();
}

/**
 * @param {any} node
 * @returns {bigint}
 */
export function integerOf(node) {
  const bytes = new Uint8Array(expect(node, asn1js.Integer).valueBlock.valueHexView);
  if (bytes.length === 0) throw new DERError('an empty integer');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytesToHex(bytes)}`));
}

/**
 * @param {any} node
 * @returns {Uint8Array} Content of a BIT STRING without unused bits.
 */
export function bitsOf(node) {
  const block = expect(node, asn1js.BitString).valueBlock;
  if (block.unusedBits !== 0) throw new DERError('unused bits');
  return new Uint8Array(block.valueHexView);
}

/**
 * @param {any} node
 * @returns {Uint8Array} Content of an OCTET STRING.
 */
export function octetsOf(node) {
  return new Uint8Array(expect(node, asn1js.OctetString).valueBlock.valueHexView);
}

/**
 * @param {any} node
 * @returns {number} Unix seconds of UTCTime or GeneralizedTime.
 */
export function timeOf(node) {
  if (!(node instanceof asn1js.UTCTime) && !(node instanceof asn1js.GeneralizedTime)) throw new DERError('no time');
  return Math.floor(node.toDate().getTime() / 1000);
}

export { asn1js };
