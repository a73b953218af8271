/**
 * Amounts, numbers, dates and times of the receipt, by the rules of the SDK. Amounts are whole fen, never floats.
 */
const AMOUNT = /^-?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{1,2})?$/;
const NUMBER = /^-?(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,8})?$/;
const MAX_AMOUNT_FEN = 10n ** 14n - 1n;
const DAY_MILLISECONDS = 86_400_000;
const BEIJING_SECONDS = 8 * 3600;

/**
 * @param {string} text Yuan with at most two decimals.
 * @returns {bigint | null} Fen, or null for another form.
 */
export function fenFromText(text) {
  if (!AMOUNT.test(text)) return null;
  const [whole, cents = ''] = text.replace('-', '').replaceAll(',', '').split('.');
  const fen = BigInt(whole) * 100n + BigInt(cents.padEnd(2, '0'));
  if (fen > MAX_AMOUNT_FEN) return null;
  return text.startsWith('-') ? -fen : fen;
}

/**
 * @param {bigint} fen
 * @returns {string} Yuan with exactly two decimals.
 */
export function textFromFen(fen) {
  const value = fen < 0n ? -fen : fen;
  return `${fen < 0n ? '-' : ''}${value / 100n}.${String(value % 100n).padStart(2, '0')}`;
}

/**
 * @param {string} text
 * @returns {boolean} Whether it is a quantity or a standard.
 */
export function isNumber(text) {
  return NUMBER.test(text);
}

/**
 * @param {string} text `yyyyMMdd`.
 * @returns {number | null} Days since 1970-01-01, or null when the calendar has no such day.
 */
export function dayFromText(text) {
  if (!/^[0-9]{8}$/.test(text)) return null;
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6)].map(Number);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  const isDay = moment.getUTCFullYear() === year && moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  return isDay && year > 0 ? Math.round(moment.getTime() / DAY_MILLISECONDS) : null;
}

/**
 * @param {string} text `HH:mm:ss`; a leap second counts as the one before it.
 * @returns {number | null} Seconds of the day.
 */
export function secondsFromText(text) {
  if (!/^[0-9]{2}:[0-9]{2}:[0-9]{2}$/.test(text)) return null;
  const [hour, minute, second] = text.split(':').map(Number);
  if (hour > 23 || minute > 59 || second > 60) return null;
  return hour * 3600 + minute * 60 + Math.min(second, 59);
}

/**
 * @param {string} text `yyyyMMddHHmmss` in Beijing time, the form of SignatureTime.
 * @returns {number | null} Unix seconds.
 */
export function unixFromCompact(text) {
  if (!/^[0-9]{14}$/.test(text)) return null;
  const day = dayFromText(text.slice(0, 8));
  const seconds = secondsFromText(`${text.slice(8, 10)}:${text.slice(10, 12)}:${text.slice(12)}`);
  return day === null || seconds === null ? null : dayStart(day) + seconds;
}

/**
 * @param {number} day Days since 1970-01-01, Beijing.
 * @returns {number} Unix seconds of its first moment in Beijing.
 */
export function dayStart(day) {
  return day * 86_400 - BEIJING_SECONDS;
}

/**
 * @param {number} unix Unix seconds.
 * @returns {string} Beijing time, `yyyy-MM-dd HH:mm:ss`, whatever the machine's zone.
 */
export function beijingText(unix) {
  return new Date((unix + BEIJING_SECONDS) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}
