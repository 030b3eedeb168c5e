// Reads cases as JSON, answers with what the book's script computes for each.
"use strict";
const { descend, modelSteps, regime, summary } = require("../../book/assets/course.js");
const cases = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const answers = cases.map((given) => {
  if (given.coefficients) return modelSteps(given.coefficients, given.at, given.eta);
  if (given.values) return { summary: summary(given.name, given.values) };
  return given.points ? { points: descend(given.points) } : regime(given.etaLambda, given.mu);
});
process.stdout.write(JSON.stringify(answers));
