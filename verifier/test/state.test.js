/** State proofs recorded from a running QBFT chain (tests/vectors/qbft.json), absence included. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, hexToBytes, toHex } from '../src/bytes.js';
import { TrieNodes, accountAt, slotValue } from '../src/chain/trie.js';

const recorded = JSON.parse(readFileSync(new URL('../../tests/vectors/qbft.json', import.meta.url), 'utf8'));
const headers = [...recorded.headers, ...recorded.after_removal.headers];
const word = (text) => hexToBytes(text.slice(2).padStart(64, '0'));

function partsOf({ proof }) {
  const header = headers.find((one) => Number(one.number) === proof.block);
  const slots = proof.answer.storageProof;
  const texts = [proof.answer.accountProof, ...slots.map((slot) => slot.proof)].flat();
  const nodes = [...new Set(texts)].map(fromHex);
  return { nodes, stateRoot: fromHex(header.stateRoot), address: fromHex(proof.address), answer: proof.answer, slots };
}

for (const [name, part] of Object.entries({ running: recorded, 'after removal': recorded.after_removal })) {
  test(`${name}: account and slots are proven without a node too many`, () => {
    const { nodes, stateRoot, address, answer, slots } = partsOf(part);
    const proof = new TrieNodes(nodes);
    const account = accountAt(proof, stateRoot, address);
    assert.deepEqual([toHex(account.storageRoot), toHex(account.codeHash)], [answer.storageHash, answer.codeHash]);
    for (const slot of slots) {
      assert.equal(slotValue(proof, account.storageRoot, word(slot.key)), BigInt(slot.value), slot.key);
    }
    assert.ok(slots.length > 0);
    assert.equal(proof.unused, 0);
  });

  test(`${name}: with any node left out or any byte changed nothing is proven`, () => {
    const { nodes, stateRoot, address, slots } = partsOf(part);
    const read = (some) => {
      const proof = new TrieNodes(some);
      const account = accountAt(proof, stateRoot, address);
      for (const slot of slots) slotValue(proof, account.storageRoot, word(slot.key));
    };
    for (const [at, node] of nodes.entries()) {
      const others = nodes.filter((_, place) => place !== at);
      assert.throws(() => read(others), { code: 'state-node-missing' });
      for (let byte = 0; byte < node.length; byte += 1) {
        const changed = Uint8Array.from(node);
        changed[byte] ^= 1;
        assert.throws(() => read([...others, changed]), { code: 'state-node-missing' });
      }
    }
  });
}
