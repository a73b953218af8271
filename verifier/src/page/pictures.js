/**
 * QR codes in pictures and before the camera, by a decoder in plain JavaScript.
 */
import jsQR from 'jsqr';

const MAX_SIDE = 1600;

/**
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 * @returns {string | null} The text of a QR code, or null.
 */
export function textInPicture(source, width, height) {
  // Small codes are found when their modules are larger, large pictures when they are smaller.
  for (const factor of [1, 2, 0.5]) {
    const scale = Math.min(factor, MAX_SIDE / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) return null;
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = jsQR(data, canvas.width, canvas.height);
    if (found !== null && found.data !== '') return found.data;
  }
  return null;
}

/**
 * @param {File} file
 * @returns {Promise<string | null>}
 */
export async function textInFile(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return null;
  }
  return textInPicture(picture, picture.width, picture.height);
}

/**
 * Look through the camera until a code is seen or the camera is stopped.
 *
 * @param {HTMLVideoElement} video
 * @param {(text: string) => void} seen
 * @returns {Promise<() => void>} Stops the camera.
 */
export async function watch(video, seen) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  let timer = 0;
  const stop = () => {
    window.clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    video.hidden = true;
    video.srcObject = null;
  };
  timer = window.setInterval(() => {
    if (video.videoWidth === 0) return;
    const text = textInPicture(video, video.videoWidth, video.videoHeight);
    if (text !== null) {
      stop();
      seen(text);
    }
  }, 200);
  return stop;
}
