/**
 * The page: files and codes come in, cards go out. Nothing leaves: there is no request in this program.
 */
import { utf8 } from '../bytes.js';
import { verifyRaw } from '../certificates/curves.js';
import { readTrust } from '../proof/trust.js';
import { verifyBundle } from '../proof/verify.js';
import { missingOf, readQRText, shortMessage } from '../qr/texts.js';
import { Refusal } from '../refusal.js';
import { textInFile, watch } from './pictures.js';
import { card, refusedCard, verifiedCard } from './view.js';

/** @type {import('../proof/trust.js').Trust | null} */
let trust = null;
/**
 * Supervision certificates that bundles have proven on this page: they speak for the short codes as well.
 *
 * @type {import('../certificates/certificate.js').Certificate[]}
 */
const supervisors = [];
/** @type {(() => void) | null} */
let stopCamera = null;

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {HTMLElement} shown */
function show(shown) {
  byId('results').prepend(shown);
}

/** @param {Uint8Array} data @param {string} name */
function takeTrust(data, name) {
  try {
    trust = readTrust(data);
    const { file } = trust;
    const kind = file.sandbox ? '沙箱（测试环境）' : '正式网络';
    byId('trust').textContent = `已载入：${file.network_name}，${kind}，成员 ${trust.members.size} 个。`;
  } catch (error) {
    show(refusedCard(error, name));
  }
}

/** @param {Uint8Array} data @param {string} name */
function takeBundle(data, name) {
  if (trust === null) {
    show(card('unknown', '缺少信任文件', [['怎么办', '请先放入所在网络的信任文件，再放入证明包。'], ['文件', name]]));
    return;
  }
  const started = performance.now();
  try {
    const found = verifyBundle(data, trust, Math.floor(Date.now() / 1000));
    supervisors.push(found.supervision);
    const shown = verifiedCard(found, name);
    shown.dataset.milliseconds = (performance.now() - started).toFixed(1);
    show(shown);
  } catch (error) {
    show(refusedCard(error, name));
  }
}

/** @param {string} text */
function takeCode(text) {
  try {
    const reading = readQRText(text);
    const missing = missingOf(reading);
    const isSigned = reading.signature !== undefined && missing.length === 0 && isSignedByKnown(reading);
    show(
      card(
        isSigned ? 'good' : 'unknown',
        isSigned ? '监制签名有效，未查链上状态' : '二维码已识读，真伪未证明',
        [
          ['平台', reading.platform],
          ['票据代码', reading.code],
          ['票据号码', reading.number],
          ['校验码', reading.checkCode],
          ['金额（元）', reading.amount],
          ['开票日期', reading.issueDate],
          ['请补充', missing.join('、')],
          ['怎么办', isSigned ? '链上状态请用证明包或联网查验。' : '请放入该票据的证明包，或到该平台查验页核对。'],
        ],
      ),
    );
  } catch (error) {
    show(refusedCard(error, ''));
  }
}

/** @param {import('../qr/texts.js').Reading} reading */
function isSignedByKnown(reading) {
  const message = utf8(shortMessage(reading));
  return supervisors.some((certificate) => {
    try {
      verifyRaw(certificate.suite, certificate.point, message, /** @type {Uint8Array} */ (reading.signature));
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  });
}

/** @param {File} file */
async function takeFile(file) {
  if (file.type.startsWith('image/')) {
    const text = await textInFile(file);
    if (text === null) show(card('unknown', '没有找到二维码', [['怎么办', '请靠近、对正后重拍。'], ['文件', file.name]]));
    else takeCode(text);
    return;
  }
  const data = new Uint8Array(await file.arrayBuffer());
  // A trust file names itself at its beginning; everything else is judged as a bundle.
  const isTrust = new TextDecoder().decode(data.subarray(0, 200)).includes('"piaolian-trust"');
  if (isTrust) takeTrust(data, file.name);
  else takeBundle(data, file.name);
}

/** @param {Iterable<File>} files */
async function takeFiles(files) {
  for (const file of files) await takeFile(file);
}

for (const id of ['trust-file', 'bundle-file', 'picture-file']) {
  const input = /** @type {HTMLInputElement} */ (byId(id));
  input.addEventListener('change', async () => {
    await takeFiles([...(input.files ?? [])]);
    input.value = '';
  });
}
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('over');
});
document.addEventListener('dragleave', () => document.body.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('over');
  takeFiles([...(event.dataTransfer?.files ?? [])]);
});
byId('camera').addEventListener('click', async () => {
  if (stopCamera !== null) {
    stopCamera();
    stopCamera = null;
    return;
  }
  try {
    stopCamera = await watch(/** @type {HTMLVideoElement} */ (byId('video')), (text) => {
      stopCamera = null;
      takeCode(text);
    });
  } catch {
    show(card('unknown', '摄像头不可用', [['怎么办', '请改用“拍摄或选择二维码图片”。']]));
  }
});
const embedded = document.getElementById('embedded-trust');
if (embedded !== null) takeTrust(utf8(JSON.stringify(JSON.parse(embedded.textContent ?? ''))), '内置信任文件');
