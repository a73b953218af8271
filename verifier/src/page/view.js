/**
 * What people see. Every text that comes from a file becomes a text node; markup is never made of data.
 */
import { Refusal } from '../refusal.js';
import tables from '../tables.json' with { type: 'json' };

/** What is authentic and stands; every other state is authentic and of no use, which must not look green. */
const STANDING = new Set(tables.words.standing);

/**
 * @param {string} name
 * @param {Record<string, string>} [attributes]
 * @param {...(string | Node)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} tone
 * @param {string} title
 * @param {[string, string | null | undefined][]} rows
 * @param {...Node} more
 */
export function card(tone, title, rows, ...more) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const list = element('dl', {}, ...shown.map(([key, value]) => row(key, String(value))));
  return element('section', { class: `card result ${tone}` }, element('h2', {}, title), list, ...more);
}

/** @param {string} key @param {string} value */
function row(key, value) {
  return element('div', {}, element('dt', {}, key), element('dd', {}, value));
}

/** @param {string} title @param {string[]} items @param {string} [kind] */
function listed(title, items, kind = 'ul') {
  return [element('h3', {}, title), element(kind, {}, ...items.map((item) => element('li', {}, item)))];
}

/**
 * @param {import('../proof/result.js').VerifiedReceipt} found
 * @param {string} file Name of the file.
 */
export function verifiedCard(found, file) {
  const tone = found.sandbox || !found.isCirculable || !STANDING.has(found.state) ? 'caution' : 'good';
  const title = found.sandbox ? '沙箱票据：测试数据，不是正式票据' : `${tables.words.results.match}·${found.stateZh}`;
  const minutes = Math.floor(found.ageSeconds / 60);
  const age = minutes < 120 ? `${minutes} 分钟` : minutes < 2880 ? `${Math.floor(minutes / 60)} 小时` : `${Math.floor(minutes / 1440)} 天`;
  return card(
    tone,
    title,
    [
      ['票据名称', found.name],
      ['票据代码', found.code],
      ['票据号码', found.number],
      ['校验码', found.checkCode],
      ['金额（元）', found.amount],
      ['开票日期', found.issueDate.replace(/^(....)(..)(..)$/, '$1-$2-$3')],
      ['开票单位', found.unitName],
      ['当时状态', found.stateZh],
      ['存证编号', found.evidenceNumber],
      ['状态截至', `${found.blockTime}（${age}前）`],
      ['单位证书', found.unitSubject],
      ['监制证书', found.supervisionSubject],
      ['网络', found.networkName],
      ['文件', file],
    ],
    ...listed('已证明', found.proven),
    ...listed('未证明', found.notProven),
  );
}

/**
 * @param {unknown} error
 * @param {string} file
 */
export function refusedCard(error, file) {
  if (!(error instanceof Refusal)) {
    // A fault of this program says nothing about the receipt.
    console.error(error);
    const words = '查验程序出错，不代表票据无效；请换用新版本或到财政部门查验页核对。';
    return card('unknown', '无法查验', [['怎么办', words], ['文件', file]]);
  }
  const number = tables.steps.indexOf(error.step) + 1;
  const reasons = /** @type {Record<string, {zh: string} | undefined>} */ (tables.reasons);
  const words = reasons[error.code]?.zh;
  const reason = words ? words + (error.detail ? `：${error.detail}` : '') : error.detail || error.code;
  const step = number > 0 ? `第 ${number} 步（${error.step}）` : '';
  return card('bad', '查验不通过', [
    ['原因', reason],
    ['步骤', step],
    ['错误代码', error.code],
    ['位置', error.field],
    ['文件', file],
    ['怎么办', '请勿据此报销；向开票单位重新索取证明包，或到财政部门查验页核对。'],
  ]);
}
