// One line in, {"tex": ..., "display": ...}; one line out, {"html": ...} or {"error": ...}.
"use strict";
const katex = require(process.argv[2]);
const lines = require("node:readline").createInterface({ input: process.stdin });

// Cyrillic in \text is meant; everything else that LaTeX would refuse is an error.
const strict = (code) =>
  code === "unicodeTextInMathMode" || code === "unknownSymbol" ? "ignore" : "error";

lines.on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    const options = { displayMode: display, throwOnError: true, output: "htmlAndMathml", strict };
    answer = { html: katex.renderToString(tex, options) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
