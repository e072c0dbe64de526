import { expect, test } from "vitest";
import { colorOf, paintFor, wantsColor } from "../../cmd/cli/color.ts";
import { Prefixer } from "../../cmd/logs/prefix.ts";
import { withoutPorts, withPorts } from "../../cmd/up/links.ts";
import { nameFor } from "../../cmd/up/project.ts";
import { RunRules } from "../../cmd/up/rules.ts";

const process = (status: object, name = "api-serve") => ({
  apiVersion: "tiltish.dev/v1alpha1",
  kind: "LocalProcess",
  metadata: { name, uid: name, labels: { "tiltish.dev/resource": "api" } },
  spec: name.endsWith("-build") ? { restartPolicy: "Never" } : {},
  status,
});
const startTime = "2026-01-01T00:00:01.000000Z";
const nowMs = Date.parse("2026-01-01T00:00:01.412Z");
const cause = { type: "FileChange", files: ["src/a.ts"], fileCount: 1, time: startTime };

test("a run that is ready is told once, with its cause and what the user waited", () => {
  const rules = new RunRules(() => nowMs);
  expect(rules.tell(process({ run: 7, startTime, cause }))).toBeUndefined();
  const ready = process({ run: 7, startTime, cause, ready: true });
  expect(rules.tell(ready)).toBe("api run 7 · src/a.ts saved · ready in 412 ms");
  expect(rules.tell(ready)).toBeUndefined();
});

test("an end is told with its exit code; a build when it is done", () => {
  const rules = new RunRules();
  const finishTime = "2026-01-01T00:00:01.200000Z";
  const failed = { run: 2, startTime, finishTime, state: "Failed", exitCode: 3 };
  expect(rules.tell(process(failed))).toBe("api run 2 · exit 3 after 200 ms");
  expect(rules.tell(process({ run: 1, startTime, ready: true }, "api-build"))).toBeUndefined();
  const done = { run: 1, startTime, finishTime, state: "Succeeded", exitCode: 0 };
  expect(rules.tell(process(done, "api-build"))).toBe("api build 1 · done after 200 ms");
});

test("what was so before is no news", () => {
  const rules = new RunRules();
  const ready = process({ run: 1, startTime, ready: true });
  rules.skip(ready);
  expect(rules.tell(ready)).toBeUndefined();
});

test("prefixes are aligned", () => {
  const prefixer = new Prefixer(paintFor(false), ["api", "worker"]);
  expect(prefixer.line("api", "x")).toBe("api    │ x");
});

test("a name has one colour, and colours are for terminals", () => {
  expect(colorOf("api")).toBe(colorOf("api"));
  expect(wantsColor({ isTTY: true }, {})).toBe(true);
  expect(wantsColor({ isTTY: false }, {})).toBe(false);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColor({ isTTY: false }, { FORCE_COLOR: "1" })).toBe(true);
});

test("a command is named after its program, or its folder if the program runs others", () => {
  expect(nameFor(["./bin/My_Server.sh"], "/x/shop")).toBe("my-server");
  expect(nameFor(["npm", "start"], "/x/Shop 2")).toBe("shop-2");
});

test("a link with a port that is not chosen yet says so, and shows no template", () => {
  const link = { name: "api", url: "http://localhost:$(port:http)/" };
  expect(withoutPorts(link)).toEqual({ name: "api", url: "http://localhost:…/, once it runs" });
  expect(withoutPorts(withPorts(link, { http: 80 }))).toEqual({ name: "api", url: "http://localhost:80/" });
});
