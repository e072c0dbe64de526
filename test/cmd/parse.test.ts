import { expect, test } from "vitest";
import { GLOBAL } from "../../cmd/cli/flags.ts";
import { parse } from "../../cmd/cli/parse.ts";
import { commandNamed } from "../../cmd/cli/table/index.ts";

const table = { ...commandNamed("get")!.options, ...GLOBAL };

test("options are read in all the ways that kubectl takes them", () => {
  for (const words of [["-oyaml"], ["-o", "yaml"], ["-o=yaml"], ["--output", "yaml"], ["--output=yaml"]]) {
    expect(parse(words, table).options.text("output")).toBe("yaml");
  }
  const { options, args } = parse(["lp", "-wA", "web", "--no-headers=false", "-n", "dev"], table);
  expect(args).toEqual(["lp", "web"]);
  expect(options.flag("watch")).toBe(true);
  expect(options.flag("all-namespaces")).toBe(true);
  expect(options.flag("no-headers")).toBe(false);
  expect(options.text("namespace")).toBe("dev");
});

test("what follows -- is left as it is", () => {
  const { args, rest } = parse(["a", "--", "npm", "start", "-w", "--", "x"], table);
  expect(args).toEqual(["a"]);
  expect(rest).toEqual(["npm", "start", "-w", "--", "x"]);
});

test("an unknown option, and one without its value, are errors that help", () => {
  expect(() => parse(["--allnamespaces"], table)).toThrow('did you mean "--all-namespaces"?');
  expect(() => parse(["-o"], table)).toThrow("-o needs a value");
});

test("durations may be plain seconds", () => {
  const durations = { timeout: { type: "string", help: "" } } as const;
  expect(parse(["--timeout=90"], durations).options.durationMs("timeout")).toBe(90_000);
  expect(parse(["--timeout=1m30s"], durations).options.durationMs("timeout")).toBe(90_000);
  expect(() => parse(["--timeout=soon"], durations).options.durationMs("timeout")).toThrow("a duration");
});
