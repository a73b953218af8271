/**
 * Read a receipt from untrusted bytes, and keep the bytes.
 *
 * As strict as the SDK's reading: UTF-8, no DOCTYPE, no comments, no processing instructions, no attributes, known
 * elements alone, each at most once and in its order. The signed parts are cut from the bytes as they came.
 */
import { SaxesParser } from 'saxes';
import { textOf, utf8 } from '../bytes.js';
import { Refusal } from '../refusal.js';
import tables from '../tables.json' with { type: 'json' };
import { dayFromText, fenFromText, isNumber, secondsFromText } from './amounts.js';

const MAX_RECEIPT_BYTES = 1 << 20;
const DECLARATION =
  /^<\?xml[ \t\r\n]+version=(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding=(?:"[Uu][Tt][Ff]-8"|'[Uu][Tt][Ff]-8'))?(?:[ \t\r\n]+standalone=(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/;
const TAG_WITH_BLANK = /<\/?(?:Header|EInvoiceData|Signature)[\s/]/;
const WHITE_SPACE = /^[ \t\r\n]*$/;
/** @type {Record<string, (text: string) => boolean>} */
const FORMS = {
  amount: (text) => fenFromText(text) !== null,
  'optional-amount': (text) => text === '' || fenFromText(text) !== null,
  'optional-number': (text) => text === '' || isNumber(text),
  date: (text) => dayFromText(text) !== null,
  'optional-date': (text) => text === '' || dayFromText(text) !== null,
  time: (text) => secondsFromText(text) !== null,
};

/**
 * @typedef {{name: string, text: string, children: Node[]}} Node
 * @typedef {{headerBytes: Uint8Array, dataBytes: Uint8Array, signatureBytes: Uint8Array[],
 *   main: Record<string, any>, signatures: Record<string, any>[]}} Receipt
 */

/**
 * @param {Uint8Array} data
 * @returns {Receipt}
 * @throws {Refusal} `document-malformed`.
 */
export function readReceipt(data) {
  if (data.length > MAX_RECEIPT_BYTES) throw malformed('超过 1 MiB');
  const text = textOf(data);
  if (text === null) throw malformed('不是 UTF-8 编码');
  if (!text.startsWith('<EInvoice>') && !DECLARATION.test(text)) throw malformed('XML 声明有误');
  const root = parse(text);
  if (root.name !== 'EInvoice') throw malformed('根元素应为 EInvoice');
  const parts = sections(root, ['Header', 'EInvoiceData'], ['EInvoiceSignature']);
  const sectionsOfData = sections(parts.EInvoiceData, ['Main', 'Details'], ['AuxDetails']);
  const { layout } = tables;
  read(parts.Header, layout.Header);
  const main = read(sectionsOfData.Main, layout.Main);
  repeated(sectionsOfData.Details, 'Item', layout.Item);
  if (sectionsOfData.AuxDetails) repeated(sectionsOfData.AuxDetails, 'AuxItem', layout.AuxItem);
  const signatures = parts.EInvoiceSignature ? repeated(parts.EInvoiceSignature, 'Signature', layout.Signature) : [];
  if (signatures.length > 2) throw malformed('签名多于两个');
  checkTags(text, signatures.length);
  return cut(text, main, signatures);
}

/**
 * @param {string} text
 * @returns {Node}
 */
function parse(text) {
  const parser = new SaxesParser({ xmlns: false, position: false });
  /** @type {Node} */
  const document = { name: '', text: '', children: [] };
  const open = [document];
  const stop = (/** @type {string} */ what) => () => {
    throw malformed(what);
  };
  parser.on('error', stop('不是格式良好的 XML'));
  parser.on('doctype', stop('不允许 DOCTYPE'));
  parser.on('comment', stop('不允许注释'));
  parser.on('processinginstruction', stop('不允许处理指令'));
  parser.on('opentag', (tag) => {
    if (Object.keys(tag.attributes).length > 0) throw malformed('元素不应有属性');
    if (open.length > 16) throw malformed('元素层级过深');
    const node = { name: tag.name, text: '', children: [] };
    open[open.length - 1].children.push(node);
    open.push(node);
  });
  const add = (/** @type {string} */ more) => {
    open[open.length - 1].text += more;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(text).close();
  if (document.children.length !== 1) throw malformed('应恰有一个根元素');
  return document.children[0];
}

/**
 * @param {Node} parent
 * @param {string[]} mandatory
 * @param {string[]} optional
 * @returns {Record<string, Node>}
 */
function sections(parent, mandatory, optional) {
  requireNoText(parent);
  const order = [...mandatory, ...optional];
  const places = parent.children.map((child) => order.indexOf(child.name));
  const isRising = places.every((place, at) => place >= 0 && (at === 0 || places[at - 1] < place));
  const found = Object.fromEntries(parent.children.map((child) => [child.name, child]));
  if (!isRising || !mandatory.every((name) => found[name])) throw malformed(`${parent.name} 的元素有误`);
  return found;
}

/**
 * @param {Node} parent
 * @param {string} name
 * @param {any} layout
 * @returns {Record<string, any>[]}
 */
function repeated(parent, name, layout) {
  requireNoText(parent);
  if (parent.children.length === 0 || parent.children.some((child) => child.name !== name)) {
    throw malformed(`${parent.name} 的元素有误`);
  }
  return parent.children.map((child) => read(child, layout));
}

/**
 * @param {Node} element
 * @param {any} layout
 * @returns {Record<string, any>} Texts and nested elements by name; absent ones are missing.
 */
function read(element, layout) {
  /** @type {Record<string, any>} */
  const values = Object.create(null);
  requireNoText(element);
  let last = -1;
  for (const child of element.children) {
    const place = layout.children.findIndex((/** @type {any} */ one) => one.name === child.name);
    if (place < 0 || child.name in values || (layout.ordered && place < last)) {
      throw malformed(`${element.name}/${child.name} 未知、重复或顺序有误`);
    }
    last = place;
    values[child.name] = readChild(child, layout.children[place]);
  }
  const absent = layout.children.find((/** @type {any} */ one) => one.required && !(one.name in values));
  if (absent) throw malformed(`缺少 ${element.name}/${absent.name}`);
  return values;
}

/**
 * @param {Node} child
 * @param {any} known
 */
function readChild(child, known) {
  if (known.children) return read(child, known);
  if (child.children.length > 0) throw malformed(`${child.name} 不应有子元素`);
  const isPattern = known.pattern === undefined || new RegExp(known.pattern, 'u').test(child.text);
  if (!isPattern || (known.form && !FORMS[known.form](child.text))) throw malformed(`${child.name} 的取值有误`);
  return child.text;
}

/** @param {Node} element */
function requireNoText(element) {
  if (!WHITE_SPACE.test(element.text)) throw malformed(`${element.name} 的元素之间有文字`);
}

/**
 * Each tag that bounds a signed part stands as often as its element: none hides in a character section.
 *
 * @param {string} text
 * @param {number} signatureCount
 */
function checkTags(text, signatureCount) {
  const counts = { Header: 1, EInvoiceData: 1, Signature: signatureCount };
  if (TAG_WITH_BLANK.test(text)) throw malformed('标签内不得有空格');
  for (const [name, count] of Object.entries(counts)) {
    const isOnce = [`<${name}>`, `</${name}>`].every((tag) => text.split(tag).length - 1 === count);
    if (!isOnce) throw malformed(`${name} 的标签只能作为元素出现`);
  }
}

/**
 * @param {string} text
 * @param {Record<string, any>} main
 * @param {Record<string, any>[]} signatures
 * @returns {Receipt}
 */
function cut(text, main, signatures) {
  let at = 0;
  const next = (/** @type {string} */ name) => {
    const first = text.indexOf(`<${name}>`, at);
    at = text.indexOf(`</${name}>`, first) + name.length + 3;
    return utf8(text.slice(first, at));
  };
  const headerBytes = next('Header');
  const dataBytes = next('EInvoiceData');
  const signatureBytes = signatures.map(() => next('Signature'));
  return { headerBytes, dataBytes, signatureBytes, main, signatures };
}

/** @param {string} what */
function malformed(what) {
  return new Refusal('document-malformed', what, 'document');
}
