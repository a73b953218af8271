/**
 * The trust file: what a verifier takes for granted about one network (docs/proof-bundle.md).
 */
import { Validator } from '@cfworker/json-schema';
import { fromHex, sameBytes, textOf } from '../bytes.js';
import { readPEM } from '../certificates/certificate.js';
import { P256, isPublicKey } from '../certificates/curves.js';
import { CertificateTrust } from '../certificates/trust.js';
import { LAYOUTS } from '../chain/slots.js';
import { Refusal } from '../refusal.js';
import schema from '../../../sdk/src/piaolian_sdk/schema/trust.schema.json' with { type: 'json' };

const MAX_TRUST_BYTES = 16 << 20;
const VALIDATOR = new Validator(/** @type {any} */ (schema), '2020-12');

/** A trust file, ready for use. */
export class Trust {
  /** @param {any} file As written, of the schema's form. */
  constructor(file) {
    this.file = file;
    /** @type {Map<string, {point: Uint8Array, validFrom: number, validUntil: number}[]>} */
    this.members = membersOf(file);
    this.quorums = [...file.checkpoint_quorums].sort((one, other) => one.valid_from - other.valid_from);
    const contracts = [file.contracts.Registry, file.contracts.ReceiptLedger];
    if (contracts.some((one) => one.implementations.some((/** @type {any} */ code) => !LAYOUTS.has(code.layout)))) {
      throw malformed('contracts');
    }
    this.certificates = new CertificateTrust(
      file.certificate_roots.flatMap(readPEM),
      file.certificate_intermediates.flatMap(readPEM),
      new Map(file.revocations.map((/** @type {any} */ one) => [BigInt(`0x${one.serial}`), one.revoked_at])),
      file.suites,
    );
    /** @type {import('../certificates/certificate.js').Certificate[]} */
    this.supervisors = file.supervisors.flatMap(readPEM);
  }

  /**
   * @param {string} member
   * @param {number} at Unix seconds.
   * @returns {Uint8Array | null} The member's key that counts at the time.
   */
  keyOf(member, at) {
    const keys = this.members.get(member) ?? [];
    const valid = keys.find((key) => key.validFrom <= at && (key.validUntil === 0 || at < key.validUntil));
    return valid === undefined ? null : valid.point;
  }

  /**
   * Refuses a signer that is no finance department: roots certify units as well.
   * @param {import('../certificates/certificate.js').Certificate} certificate
   * @throws {Refusal} `supervisor-unknown`
   */
  admitSupervisor(certificate) {
    if (!this.supervisors.some((known) => sameBytes(known.der, certificate.der))) {
      throw new Refusal('supervisor-unknown', '监制签名证书不属于信任文件所列财政部门', '');
    }
  }

  /** @param {number} at @returns {number | null} How many members must sign at the time. */
  quorumAt(at) {
    const known = this.quorums.filter((entry) => entry.valid_from <= at);
    return known.length === 0 ? null : known[known.length - 1].quorum;
  }
}

/**
 * @param {Uint8Array} data
 * @returns {Trust}
 * @throws {Refusal} `trust-malformed`, or what is wrong with a certificate.
 */
export function readTrust(data) {
  const text = data.length <= MAX_TRUST_BYTES ? textOf(data) : null;
  let file;
  try {
    file = text === null ? undefined : JSON.parse(text);
  } catch {
    file = undefined;
  }
  if (file === undefined || !VALIDATOR.validate(file).valid) throw malformed('file');
  return new Trust(file);
}

/** @param {any} file */
function membersOf(file) {
  const found = new Map();
  const entries = [...file.checkpoint_members].sort((one, other) => one.valid_from - other.valid_from);
  for (const entry of entries) {
    const point = fromHex(entry.public_key);
    const isOrdered = entry.valid_until === 0 || entry.valid_until > entry.valid_from;
    if (!isOrdered || !isPublicKey(P256, point)) throw malformed('checkpoint_members');
    const keys = found.get(entry.name) ?? [];
    const last = keys[keys.length - 1];
    // One key at a time: otherwise one member could count by two.
    if (last && (last.validUntil === 0 || last.validUntil > entry.valid_from)) throw malformed('checkpoint_members');
    keys.push({ point, validFrom: entry.valid_from, validUntil: entry.valid_until });
    found.set(entry.name, keys);
  }
  if (new Set(entries.map((entry) => entry.public_key)).size !== entries.length) throw malformed('checkpoint_members');
  return found;
}

/** @param {string} where */
function malformed(where) {
  return new Refusal('trust-malformed', `信任文件格式有误：${where}`, where);
}
