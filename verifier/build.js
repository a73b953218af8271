/**
 * Builds the page as one file: `node verifier/build.js [--trust trust.json] [--out page.html]`.
 *
 * Script and style stand in the file itself and are allowed by their digests alone; the policy forbids every request.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const { values } = parseArgs({
  options: { trust: { type: 'string' }, out: { type: 'string', default: here('dist/verifier.html') } },
});
const digest = (/** @type {string} */ text) => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

const bundled = await build({
  entryPoints: [here('src/page/main.js')],
  bundle: true,
  write: false,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
});
// A closing tag within the script would end it; the escape means the same to JavaScript.
const script = bundled.outputFiles[0].text.replaceAll('</script', '<\\/script');
const style = readFileSync(here('page.css'), 'utf8');
const policy = [
  "default-src 'none'",
  `script-src ${digest(script)}`,
  `style-src ${digest(style)}`,
  'img-src blob: data:',
  'media-src blob: mediastream:',
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');
// In a data block the signs of markup are written as escapes of JSON.
const trust = values.trust
  ? `<script type="application/json" id="embedded-trust">${JSON.stringify(
      JSON.parse(readFileSync(values.trust, 'utf8')),
    ).replaceAll('<', '\\u003c')}</script>`
  : '';
const parts = { policy, style, trust, script };
const page = readFileSync(here('page.html'), 'utf8').replace(
  /\{\{(\w+)\}\}/g,
  (_, name) => parts[/** @type {keyof typeof parts} */ (name)],
);
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, page);
process.stdout.write(`${values.out} ${Math.ceil(Buffer.byteLength(page) / 1024)} KiB\n`);
