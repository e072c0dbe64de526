import { readFile } from "node:fs/promises";
import path from "node:path";

export type Outcome = "pass" | "fail" | "not applicable";

/** One test of the suite, as it went. */
export interface Test {
  /** `rule 70: an apply that …` */
  name: string;
  /** `rule` or `mistake`, and its number. */
  about: { what: string; number: string };
  file: string;
  outcome: Outcome;
}

export interface Report {
  /** Name and version of the server. */
  server: string;
  tests: readonly Test[];
}

interface Assertion {
  title: string;
  status: string;
  meta?: { server?: string };
}

/** What vitest writes with `--reporter=json`. */
interface VitestReport {
  testResults: { name: string; assertionResults: Assertion[] }[];
}

const NAME = /^(rule|mistake) (\d+|6a): /;

/**
 * The tests of the suite in a report of vitest, which may be about other tests too.
 *
 * @throws Error if it has none.
 */
export async function readReport(file: string): Promise<Report> {
  const { testResults } = JSON.parse(await readFile(file, "utf8")) as VitestReport;
  const ofSuite = testResults.filter(({ name }) => name.includes("/test/conformance/"));
  const assertions = ofSuite.flatMap(({ name, assertionResults }) =>
    assertionResults.map((assertion) => ({ ...assertion, file: path.basename(name) })),
  );
  const server = assertions.find(({ meta }) => meta?.server)?.meta?.server;
  if (!server) throw new Error(`${file} has no run of test/conformance, or it did not get to a server`);
  return { server, tests: assertions.map(testOf) };
}

function testOf({ title, status, file }: Assertion & { file: string }): Test {
  const [, what, number] = NAME.exec(title) ?? [];
  if (what === undefined || number === undefined) throw new Error(`${file}: "${title}" names no rule`);
  return { name: title, about: { what, number }, file, outcome: outcomeOf(status) };
}

function outcomeOf(status: string): Outcome {
  if (status === "passed") return "pass";
  return status === "failed" ? "fail" : "not applicable";
}
