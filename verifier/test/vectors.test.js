/** The known answers that Python and Solidity read as well (tests/vectors/chain.json). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, toHex } from '../src/bytes.js';
import { amountWord, bodyHash, headerHash, leafHash, linesHash } from '../src/chain/leaves.js';
import { isUnderRoot, pathLength, pathOf, rootFromPath, treeOf } from '../src/chain/tree.js';
import { keccak, uintWord } from '../src/chain/words.js';

const vectors = JSON.parse(readFileSync(new URL('../../tests/vectors/chain.json', import.meta.url), 'utf8'));
const leavesUpTo = (count) => Array.from({ length: count }, (_, at) => keccak(uintWord(at, 256)));

test('trees: every recorded size has the recorded root', () => {
  assert.equal(vectors.trees.counts.length, vectors.trees.roots.length);
  for (const [at, count] of vectors.trees.counts.entries()) {
    assert.equal(toHex(treeOf(leavesUpTo(count)).at(-1)[0]), vectors.trees.roots[at]);
  }
});

test('trees: recorded paths are made and verify', () => {
  for (const { count, index, path } of vectors.trees.paths) {
    const levels = treeOf(leavesUpTo(count));
    assert.deepEqual(pathOf(levels, index).map(toHex), path);
    assert.ok(isUnderRoot(levels.at(-1)[0], levels[0][index], index, count, path.map(fromHex)));
  }
});

test('trees: sizes 1 to 1,025, every leaf stands at its index alone', () => {
  // Half a million paths share some ten thousand parents: each of these is hashed once.
  const known = new Map();
  const join = (left, right) => {
    if (!known.has(left)) known.set(left, new Map());
    const parents = known.get(left);
    if (!parents.has(right)) parents.set(right, keccak(left, right));
    return parents.get(right);
  };
  const all = leavesUpTo(vectors.trees.every_root.counts);
  const roots = [];
  for (let count = 1; count <= all.length; count += 1) {
    const levels = treeOf(all.slice(0, count), join);
    const root = levels.at(-1)[0];
    roots.push(root);
    for (let index = 0; index < count; index += 1) {
      const path = pathOf(levels, index);
      assert.equal(path.length, pathLength(count));
      assert.ok(rootFromPath(all[index], index, path, join) === root, `${count} at ${index}`);
    }
    assert.ok(!isUnderRoot(root, all[0], count === 1 ? 1 : count - 1, count, pathOf(levels, 0)));
  }
  assert.equal(toHex(keccak(...roots)), vectors.trees.every_root.digest);
});

test('leaves by code and by list', () => {
  for (const leaf of [...vectors.leaves_by_code, ...vectors.leaves_by_list]) {
    const salt = leaf.amount_salt === undefined ? null : fromHex(leaf.amount_salt);
    const amount = amountWord(BigInt(leaf.amount_fen), salt);
    assert.equal(toHex(amount), leaf.amount);
    const hash = leafHash({
      range: leaf.range_id,
      number: BigInt(leaf.number),
      amount,
      paymentCode: BigInt(leaf.payment_code ?? 0),
      linesHash: salt === null ? fromHex(leaf.lines_hash) : new Uint8Array(32),
      bodyHash: fromHex(leaf.body_hash),
    });
    assert.equal(toHex(hash), leaf.hash);
  }
});

test('bodies, lines and salted amounts', () => {
  for (const one of vectors.body_hashes) {
    const hash = bodyHash(fromHex(one.document_digest), fromHex(one.fields_root), fromHex(one.booking_key));
    assert.equal(toHex(hash), one.hash);
  }
  for (const { lines, hash } of vectors.lines_hashes) {
    const parsed = lines.slice(2).match(/.{16}/g).map((lane) => ({
      amountFen: BigInt(`0x${lane.slice(0, 12)}`),
      item: Number.parseInt(lane.slice(12), 16),
    }));
    assert.equal(toHex(linesHash(parsed)), hash);
  }
  for (const { amount_fen: fen, salt, hash } of vectors.salted_amounts) {
    assert.equal(toHex(amountWord(BigInt(fen), fromHex(salt))), hash);
  }
});

test('headers, the widest values included', () => {
  for (const header of vectors.headers) {
    const hash = headerHash({
      unit: header.unit,
      range: header.range,
      mode: header.mode,
      first: BigInt(header.first),
      count: header.count,
      issueDay: header.issue_day,
      totalFen: BigInt(header.total_fen),
      catalogVersion: header.catalog_version,
      unitRoot: fromHex(header.unit_root),
    });
    assert.equal(toHex(hash), header.hash);
  }
});

test('words: a value beyond its width is refused', () => {
  assert.throws(() => uintWord(1n << 40n, 40), RangeError);
  assert.throws(() => uintWord(-1, 40), RangeError);
});
