/** State proofs and checkpoints of real chains that Python and Solidity read as well (tests/vectors/state.json). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, toHex } from '../src/bytes.js';
import { P256, hasLowS, sha256, verifyRaw } from '../src/certificates/curves.js';
import { encodeList } from '../src/chain/rlp.js';
import { TrieNodes, accountAt, slotValue } from '../src/chain/trie.js';
import { unpack } from '../src/chain/witness.js';
import { keccak } from '../src/chain/words.js';
import { checkpointMessage } from '../src/proof/verify.js';

const vectors = JSON.parse(readFileSync(new URL('../../tests/vectors/state.json', import.meta.url), 'utf8'));

/** Read all that an entry proves from a witness. */
function read(entry, witness) {
  const nodes = new TrieNodes(witness);
  const account = accountAt(nodes, fromHex(entry.state_root), fromHex(entry.address));
  const values = entry.slots.map(({ slot }) => slotValue(nodes, account.storageRoot, fromHex(slot)));
  return { account, values, unused: nodes.unused };
}

for (const entry of vectors.states) {
  test(`${entry.name}: account and slots are proven without a node too many`, () => {
    const { account, values, unused } = read(entry, fromHex(entry.witness));
    const found = account && { storage_root: toHex(account.storageRoot), code_hash: toHex(account.codeHash) };
    assert.deepEqual(found, entry.account);
    assert.deepEqual(values, entry.slots.map(({ value }) => BigInt(value)));
    assert.equal(unused, 0);
  });

  test(`${entry.name}: its nodes are those that the chain gave`, () => {
    const given = new Set([entry.account_proof, ...entry.slots.map(({ proof }) => proof)].flat());
    const whole = (node) => [toHex(encodeList(node.items)), ...[...node.children.values()].flatMap(whole)];
    const found = unpack(fromHex(entry.witness)).flatMap(({ node }) => whole(node));
    assert.deepEqual(new Set(found), given);
    assert.equal(found.length, given.size);
  });

  test(`${entry.name}: with any byte changed or left out nothing is proven`, () => {
    const witness = fromHex(entry.witness);
    const isRefused = (error) => ['state-node-missing', 'state-node-malformed'].includes(error.code);
    for (let at = 0; at < witness.length; at += 1) {
      const changed = Uint8Array.from(witness);
      changed[at] ^= 1 << at % 8;
      assert.throws(() => read(entry, changed), isRefused);
      assert.throws(() => read(entry, witness.filter((_, place) => place !== at)), isRefused);
    }
  });
}

test('checkpoints: message, digests and signatures', () => {
  for (const one of vectors.checkpoints) {
    const message = checkpointMessage({ network: one, checkpoint: one });
    assert.equal(toHex(message), one.message);
    assert.deepEqual([toHex(keccak(message)), toHex(sha256(message))], [one.keccak256, one.sha256]);
    for (const { public_key: point, signature } of one.signatures) {
      assert.ok(hasLowS(fromHex(signature)));
      verifyRaw(P256, fromHex(point), message, fromHex(signature));
      assert.throws(() => verifyRaw(P256, fromHex(point), message.subarray(1), fromHex(signature)));
    }
  }
  assert.equal(vectors.checkpoints.length, 2);
});
