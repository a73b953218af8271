/** The same samples of QR codes that Python reads (tests/data/qr/payloads.json). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { missingOf, readQRText } from '../src/qr/texts.js';

const samples = JSON.parse(readFileSync(new URL('../../tests/data/qr/payloads.json', import.meta.url), 'utf8'));
const texts = Object.fromEntries(samples.map((one) => [one.name, one.text]));
const MISSING = {
  bosssoft_t504: [],
  bosssoft_t501: ['金额'],
  bosssoft_show: ['金额', '开票日期'],
  jiangsu_page: ['金额', '开票日期'],
  bosssoft_h5_short: ['票据代码', '票据号码', '校验码', '金额', '开票日期'],
  jiangsu_short: ['票据代码', '票据号码', '校验码', '金额', '开票日期'],
};
const REFUSED = {
  [texts.pay_code_js]: 'qr-payment-code',
  [texts.vat_10]: 'qr-vat-invoice',
  [texts.vat_32]: 'qr-vat-invoice',
  [texts.foreign_host]: 'qr-host-lookalike',
  '32099923300000000001': 'qr-payment-code',
  'https://www.chinaebill.cn@evil.invalid/d': 'qr-user-in-address',
  'https://www.chinaebi1l.cn/d?t=501&a=A&d=1&s=0': 'qr-host-lookalike',
  'https://www.ch\u0430inaebill.cn/d': 'qr-character-refused',
  'javascript:alert(1)': 'qr-form-unknown',
  'http://pj.example/v?c=32060126&n=0000010003&k=138900': 'qr-not-https',
  'https://pj.example/v?c=32060126&n=10003&k=138900': 'receipt-number-malformed',
};

test('forms of platforms are read, and what is missing is asked for', () => {
  for (const [name, missing] of Object.entries(MISSING)) {
    const reading = readQRText(texts[name]);
    assert.deepEqual(missingOf(reading), missing, name);
    if (missing.length < 5) assert.deepEqual([reading.code, reading.number], ['32060123', '0000010003']);
  }
});

test('everything else is refused by its own name', () => {
  for (const [text, code] of Object.entries(REFUSED)) assert.throws(() => readQRText(text), { code }, text);
});
