/**
 * The bundle: one JSON file in exactly one form, so that nothing in it can be changed without being noticed.
 */
import { Validator } from '@cfworker/json-schema';
import { fromBase64, fromHex, textOf, utf8 } from '../bytes.js';
import { hasLowS } from '../certificates/curves.js';
import { Refusal } from '../refusal.js';
import schema from '../../../sdk/src/piaolian_sdk/schema/bundle.schema.json' with { type: 'json' };

const MAX_BUNDLE_BYTES = 2 << 20;
const MAX_DOCUMENT_BYTES = 1 << 20;
const VALIDATOR = new Validator(/** @type {any} */ (schema), '2020-12');

/**
 * @typedef {{members: any, document: Uint8Array, state: Uint8Array}} Bundle
 */

/**
 * Step 1.
 *
 * @param {Uint8Array} data
 */
export function checkSize(data) {
  if (data.length > MAX_BUNDLE_BYTES) throw new Refusal('bundle-too-large', `${data.length} B`);
}

/**
 * Step 2: the form alone is checked.
 *
 * @param {Uint8Array} data
 * @returns {Bundle}
 */
export function readBundle(data) {
  const text = textOf(data);
  const members = text === null ? undefined : parsed(text);
  if (members === undefined || members === null || typeof members !== 'object' || Array.isArray(members)) {
    throw malformed('file');
  }
  if (members.format !== 'piaolian-proof-bundle') throw malformed('format');
  if (members.version !== 2) throw new Refusal('bundle-version-unknown', '', 'version');
  const verdict = VALIDATOR.validate(members);
  if (!verdict.valid) throw malformed(verdict.errors[verdict.errors.length - 1].instanceLocation);
  const document = utf8(members.document);
  const state = fromBase64(members.state);
  // What is no Unicode would come back from its bytes as something else.
  if (textOf(document) !== members.document || document.length > MAX_DOCUMENT_BYTES) throw malformed('document');
  if (state === null) throw malformed('state');
  if (!members.checkpoint.signatures.every((/** @type {any} */ one) => hasLowS(fromHex(one.signature)))) {
    throw malformed('checkpoint.signatures');
  }
  return { members, document, state };
}

/**
 * @param {string} text
 * @returns {any} The value of compact JSON; undefined for every other text.
 */
function parsed(text) {
  try {
    const value = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} where */
function malformed(where) {
  return new Refusal('bundle-malformed', where, where);
}
