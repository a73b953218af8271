/**
 * The QR codes of receipts: by exact host and pattern, as the SDK reads them.
 */
import { dayFromText, fenFromText, textFromFen } from '../receipt/amounts.js';
import { Refusal } from '../refusal.js';

const MAX_CHARACTERS = 1024;
const MAX_SHORT_CHARACTERS = 300;
const HOST = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const ADDRESS = /^(https?):\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?(#.*)?$/;
const BOSSSOFT = 'www.chinaebill.cn';
const JIANGSU = 'einvoice.jsczt.cn';
const JIANGSU_PAY = 'pay.jsczt.cn';
const LOOPBACK = new Set(['127.0.0.1', 'localhost']);

/**
 * @typedef {{platform: string, code?: string, number?: string, checkCode?: string, amount?: string, issueDate?: string,
 *   signature?: Uint8Array}} Reading Elements that the code does not hold are missing.
 */

/**
 * @param {string} text As the scanner gives it; nothing is opened.
 * @returns {Reading}
 * @throws {Refusal} The code says what it is instead.
 */
export function readQRText(text) {
  const plain = text.replace(/^[ \r\n]+|[ \r\n]+$/g, '');
  if (plain.length > MAX_CHARACTERS) throw refused('qr-too-long', '内容过长');
  if (!/^[!-~]*$/.test(plain)) throw refused('qr-character-refused', '含有全角、空格或其他文字字符，谨防仿冒');
  if (/^01,[0-9]{2},/.test(plain)) throw refused('qr-vat-invoice', '这是税务发票，非财政票据二维码');
  if (/^[0-9]{20}$/.test(plain)) throw payment();
  const address = addressOf(plain);
  /** @type {Record<string, (address: any) => Reading | Refusal>} */
  const platforms = { [BOSSSOFT]: bosssoft, [JIANGSU]: jiangsu, [JIANGSU_PAY]: payment };
  if (Object.hasOwn(platforms, address.host)) {
    if (address.port !== undefined) throw refused('qr-port-in-address', '该平台的网址不含端口号');
    const found = platforms[address.host](address);
    if (found instanceof Refusal) throw found;
    return checked(found);
  }
  const skeleton = skeletonOf(address.host);
  if (address.host.includes('xn--') || /chlnaeblll|jsczt/.test(skeleton)) {
    throw refused('qr-host-lookalike', `网站 ${address.host} 仿冒财政票据平台，请勿打开`);
  }
  if (!address.path.endsWith('/v')) throw refused('qr-host-unknown', `网站 ${address.host} 不是已知的财政票据平台`);
  return checked(short(plain, address));
}

/** @param {string} plain */
function addressOf(plain) {
  const match = ADDRESS.exec(plain);
  if (match === null) throw refused('qr-form-unknown', '内容不是财政票据平台的网址');
  const [, scheme, authority, path = '', query, fragment] = match;
  if (authority.includes('@')) throw refused('qr-user-in-address', '网址含有“@”，可能指向仿冒网站');
  const [host, port] = authority.toLowerCase().split(/:(.*)/s);
  if (!HOST.test(host) || (port !== undefined && !/^[0-9]{1,5}$/.test(port))) {
    throw refused('qr-host-malformed', '网址中的网站名称格式有误');
  }
  if (/[%\\+]/.test(plain)) throw refused('qr-character-refused', '网址含有“%”“\\”或“+”');
  if (fragment !== undefined) throw refused('qr-fragment-in-address', '网址含有“#”');
  return { scheme, host, port, path, query: membersOf(query) };
}

/** @param {string | undefined} query */
function membersOf(query) {
  /** @type {Map<string, string>} */
  const members = new Map();
  for (const part of query ? query.split('&') : []) {
    const [name, value] = part.split(/=(.*)/s);
    if (value === undefined || !/^[A-Za-z_]{1,32}$/.test(name) || members.has(name)) {
      throw refused('qr-query-malformed', '网址参数格式有误或重复');
    }
    members.set(name, value);
  }
  return members;
}

/** @param {string} plain @param {any} address @returns {Reading} */
function short(plain, { scheme, host, query }) {
  if (plain.length > MAX_SHORT_CHARACTERS) throw refused('qr-too-long', '短码至多 300 个字符');
  if (scheme !== 'https' && !LOOPBACK.has(host)) throw refused('qr-not-https', '查验网址必须为 https');
  const names = [...query.keys()];
  if (!['c', 'n', 'k'].every((name) => query.has(name)) || !names.every((name) => /^[cnkads]$/.test(name))) {
    throw refused('qr-form-unknown', '不是本网络的票据短码');
  }
  const compact = query.get('s');
  if (compact !== undefined && !/^[A-Za-z0-9_-]{85}[AQgw]$/.test(compact)) {
    throw refused('qr-signature-malformed', '签名（s）格式有误');
  }
  return {
    platform: `票链（${host}）`,
    code: query.get('c'),
    number: query.get('n'),
    checkCode: query.get('k'),
    amount: query.get('a'),
    issueDate: query.get('d'),
    signature: compact === undefined ? undefined : bytesOf(compact),
  };
}

/** @param {string} compact */
function bytesOf(compact) {
  const raw = atob(`${compact.replaceAll('-', '+').replaceAll('_', '/')}==`);
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}

/** @param {any} address @returns {Reading} */
function bosssoft({ path, query }) {
  const platform = '博思财政电子票据平台';
  const has = (/** @type {string[]} */ ...names) => query.size === names.length && names.every((name) => query.has(name));
  if ((path === '/d' || path === '/eips-wxapp-service/d') && has('t', 'a', 'd', 's')) {
    const parts = query.get('d').split('_');
    if (parts.length !== 4 && parts.length !== 5) throw refused('qr-form-unknown', '参数 d 应含四个或五个要素');
    const [code, number, checkCode] = parts;
    const issueDate = parts[parts.length - 1];
    return { platform, code, number, checkCode, amount: parts.length === 5 ? parts[3] : undefined, issueDate };
  }
  if (path.endsWith('/H5FinanceDisplay/showInvoice') && has('invoice_code', 'invoice_number', 'check_code', 'app_id', 'security')) {
    return { platform, code: query.get('invoice_code'), number: query.get('invoice_number'), checkCode: query.get('check_code') };
  }
  const isShort = /^\/h5\/[0-9A-Za-z]{1,32}_[0-9A-Za-z]{1,32}_[0-9A-Za-z]{1,32}$/.test(path) && query.size === 0;
  if (isShort || (has('method', 'ciphertext') && query.get('method') === 'displayH5')) return { platform };
  throw refused('qr-form-unknown', `不是${platform}的票据二维码`);
}

/** @param {any} address @returns {Reading} */
function jiangsu({ path, query }) {
  const platform = '江苏省财政电子票据平台';
  const [, page, code, number, checkCode, ...rest] = path.split('/');
  if (query.size === 0 && page === 'page' && checkCode !== undefined && rest.length === 0) {
    return { platform, code, number, checkCode };
  }
  if (query.size === 0 && /^\/d\/[0-9a-f]{19}$/.test(path)) return { platform };
  throw refused('qr-form-unknown', `不是${platform}的票据二维码`);
}

/** @param {Reading} reading @returns {Reading} */
function checked(reading) {
  const rules = [
    ['receipt-code-malformed', reading.code === undefined || /^[0-9]{8}$/.test(reading.code), '票据代码应为 8 位数字'],
    ['receipt-number-malformed', reading.number === undefined || /^[0-9]{10}$/.test(reading.number), '票据号码应为 10 位数字'],
    ['check-code-malformed', reading.checkCode === undefined || /^[0-9A-Za-z]{6}$/.test(reading.checkCode), '校验码应为 6 位'],
    ['amount-malformed', reading.amount === undefined || fenFromText(reading.amount) !== null, '金额格式有误'],
    ['date-malformed', reading.issueDate === undefined || dayFromText(reading.issueDate) !== null, '日期格式有误'],
  ];
  for (const [code, holds, words] of rules) if (!holds) throw refused(String(code), String(words));
  return reading;
}

/**
 * @param {Reading} reading Complete.
 * @returns {string} What the compact signature is over.
 */
export function shortMessage(reading) {
  const amount = textFromFen(/** @type {bigint} */ (fenFromText(reading.amount ?? '')));
  return ['piaolian-qr-1', reading.code, reading.number, reading.checkCode, amount, reading.issueDate].join('|');
}

/** @param {Reading} reading @returns {string[]} Chinese names of the elements that the code does not hold. */
export function missingOf(reading) {
  const names = { code: '票据代码', number: '票据号码', checkCode: '校验码', amount: '金额', issueDate: '开票日期' };
  return Object.entries(names)
    .filter(([name]) => reading[/** @type {keyof Reading} */ (name)] === undefined)
    .map(([, words]) => words);
}

/** @param {string} host */
function skeletonOf(host) {
  const folded = host.replace(/[01i5.-]/g, (one) => ({ 0: 'o', 1: 'l', i: 'l', 5: 's' })[one] ?? '');
  return folded.replaceAll('rn', 'm').replaceAll('vv', 'w');
}

function payment() {
  return refused('qr-payment-code', '这是缴款码，不是票据；缴款后方可取得票据');
}

/** @param {string} code @param {string} what */
function refused(code, what) {
  return new Refusal(code, what, 'qr');
}

