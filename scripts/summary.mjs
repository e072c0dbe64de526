// Prints the plain closing line of a test run, and exits with 1 if anything failed.
import { readFileSync } from "node:fs";

const [file, failedSteps] = process.argv.slice(2);
let numPassedTests = 0;
let numFailedTests = 0;
let numPendingTests = 0;
try {
  ({ numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(file, "utf8")));
} catch (error) {
  console.error(`no report of the tests: ${error.message}`);
}
// A step that fails without a failing test (types, lint, a crash of the runner) must still be seen.
const failed = Math.max(numFailedTests, Number(failedSteps) > 0 ? 1 : 0, numPassedTests === 0 ? 1 : 0);
if (numPendingTests > 0) console.log(`${numPendingTests} skipped`);
console.log(`${numPassedTests} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
