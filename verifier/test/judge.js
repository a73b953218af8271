/**
 * Judges bundles that stand on standard input, one JSON object a line: {trust, bundle (base64), at}. Answers one line
 * each: {step, code} of the refusal, or {state} of what was proven.
 */
import { createInterface } from 'node:readline';
import { fromBase64, utf8 } from '../src/bytes.js';
import { readTrust } from '../src/proof/trust.js';
import { verifyBundle } from '../src/proof/verify.js';
import { Refusal } from '../src/refusal.js';

const trusts = new Map();

/** @param {{trust: string, bundle: string, at: number}} request */
export function judge(request) {
  try {
    if (!trusts.has(request.trust)) trusts.set(request.trust, readTrust(utf8(request.trust)));
    const found = verifyBundle(fromBase64(request.bundle), trusts.get(request.trust), request.at);
    const words = [found.stateZh, ...found.proven, ...found.notProven];
    const { state, isCirculable: circulable, evidenceNumber: evidence, amount } = found;
    return { state, words, circulable, evidence, amount };
  } catch (error) {
    if (error instanceof Refusal) return { step: error.step, code: error.code };
    return { crash: String(error?.stack ?? error) };
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(judge(JSON.parse(line)))}\n`);
  }
}
