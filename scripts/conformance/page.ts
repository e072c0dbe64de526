import { DEVIATIONS } from "../../test/conformance/deviations.ts";
import { type Rule, RULES, SECTIONS } from "../../test/conformance/rules.ts";
import { page, tableOf } from "../generate/markdown.ts";
import type { Report, Test } from "./report.ts";

const WRITTEN =
  "<!-- Written by `npm run conformance`. Change the tests in test/conformance/, not this page. -->";

const INTRODUCTION = `What a server of the Kubernetes API must do so that kubectl, client-go, controller-runtime and the clients of other languages work with
it, and whether this one does. Each rule has tests of its own in [test/conformance/](../../test/conformance/), which ask the server over HTTPS and
know nothing else of it; [docs/conformance.md](../conformance.md) tells how to ask another server the same.`;

const LEVELS = `**MUST**: a common client breaks without it. **SHOULD**: a user sees it. **MAY**: harmless either way. The other rules say where they are
known from: **seen** on a real API server, **read** in its source, or our **own**.`;

/** The page of a run. The same for the same outcomes. */
export function conformancePage({ server, tests }: Report): string {
  return page(
    WRITTEN,
    "# Conformance",
    INTRODUCTION,
    `Asked was **${server}**. ${summaryOf(tests)}`,
    LEVELS,
    ...SECTIONS.flatMap(({ title, rules }) => sectionOf(title, rules, tests)),
    ...mistakesOf(tests),
  );
}

/** Rules without a test: there is nothing to be said of them. */
export const untestedRules = (tests: readonly Test[]): string[] =>
  RULES.filter((rule) => testsOf("rule", String(rule.number), tests).length === 0).map(({ number }) =>
    String(number),
  );

const testsOf = (what: string, number: string, tests: readonly Test[]): Test[] =>
  tests.filter(({ about }) => about.what === what && about.number === number);

function summaryOf(tests: readonly Test[]): string {
  const outcomes = RULES.map(({ number }) => outcomeOf(testsOf("rule", String(number), tests)));
  const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length;
  const parts = [
    `Of ${RULES.length} rules ${count("pass")} hold`,
    ...(count("deviation") > 0 ? [`${count("deviation")} with known deviations`] : []),
    ...(count("**fail**") > 0 ? [`${count("**fail**")} do not`] : []),
    ...(count("not applicable") > 0 ? [`${count("not applicable")} are not applicable`] : []),
  ];
  return `${parts.join(", ")}; ${tests.length} tests say so.`;
}

function sectionOf(title: string, rules: readonly Rule[], tests: readonly Test[]): string[] {
  const rows = rules.map((rule) => rowOf(rule, testsOf("rule", String(rule.number), tests)));
  return [`## ${title}`, tableOf(["Rule", "Level", "About", "Result", "Tests", "Note"], rows)];
}

const rowOf = ({ number, level, title }: Rule, tests: readonly Test[]): string[] => [
  String(number),
  level,
  title,
  outcomeOf(tests),
  String(tests.length),
  noteOf(tests),
];

function outcomeOf(tests: readonly Test[]): string {
  if (tests.some(({ outcome }) => outcome === "fail")) return "**fail**";
  if (tests.some(isDeviation)) return "deviation";
  return tests.some(({ outcome }) => outcome === "pass") ? "pass" : "not applicable";
}

const isDeviation = ({ name, outcome }: Test): boolean =>
  outcome === "pass" && Object.hasOwn(DEVIATIONS, name);

/** What fails, what is known not to hold, and why. */
function noteOf(tests: readonly Test[]): string {
  const failed = tests
    .filter(({ outcome }) => outcome === "fail")
    .map(({ name }) => `does not hold: ${sentenceOf(name)}`);
  const known = tests.filter(isDeviation).map(({ name }) => `${sentenceOf(name)}: ${DEVIATIONS[name]}`);
  const left = tests.filter(({ outcome }) => outcome === "not applicable").length;
  const isPartial = left > 0 && left < tests.length;
  return [...failed, ...known, ...(isPartial ? [`${left} not applicable`] : [])]
    .join("; ")
    .replaceAll("|", String.raw`\|`);
}

const sentenceOf = (name: string): string => name.replace(/^[^:]+: /, "");

/** Mistakes that other servers are known for, where the rules do not say it already. */
function mistakesOf(tests: readonly Test[]): string[] {
  const mistakes = tests.filter(({ about }) => about.what === "mistake");
  const sorted = mistakes.toSorted((a, b) => Number(a.about.number) - Number(b.about.number));
  const rows = sorted.map((test) => [test.about.number, sentenceOf(test.name), outcomeOf([test])]);
  return ["## Mistakes that servers are known for", tableOf(["Mistake", "What holds here", "Result"], rows)];
}
