// Gives the npm `solc` package the command line that forge and py-solc-x expect.
//
// Supported: `--version`, and `--standard-json` on standard input. Path options
// (`--allow-paths`, `--base-path`, `--include-path`) are accepted and ignored, since
// both callers send every source inside the standard JSON.
"use strict";

const fs = require("node:fs");
const compiler = require("solc");

const options = process.argv.slice(2);

if (options.includes("--version")) {
  process.stdout.write(
    `solc, the solidity compiler commandline interface\nVersion: ${compiler.version()}\n`,
  );
  process.exit(0);
}

const text = fs.readFileSync(0, "utf8");
// Some callers write a path or a blank line before the document.
const start = text.indexOf("{");
if (start < 0) {
  process.stderr.write("solc: no standard JSON on standard input\n");
  process.exit(1);
}
const output = compiler.compile(text.slice(start));
const bytes = Buffer.from(output + "\n", "utf8");
for (let written = 0; written < bytes.length; ) {
  try {
    written += fs.writeSync(1, bytes, written);
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
  }
}
