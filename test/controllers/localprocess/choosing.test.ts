import { describe, expect } from "vitest";
import { logOptionsOf } from "../../../cmd/compose/logquery.ts";
import { levelOf } from "../../../controllers/runtime/logs/level.ts";
import { LineFilter } from "../../../controllers/runtime/logs/filter.ts";
import { sh, test } from "./engine.ts";

describe("the level of a line", () => {
  test.each([
    ['{"level":"warn","msg":"x"}', "warn"],
    ['{"level":50,"msg":"pino"}', "error"],
    ['{"severity":"ERROR","message":"x"}', "error"],
    ['{"log.level":"debug"}', "debug"],
    ['{"@l":"Fatal"}', "error"],
    ['{"level":', undefined],
    ["time=12:00 level=info msg=hello", "info"],
    ["2026-01-01 12:00:00.123 ERROR 4711 --- [main] c.e.App : no", "error"],
    ["12:00:01 [warn] slow", "warn"],
    ["\u001b[31mERROR\u001b[0m it broke", "error"],
    ["TypeError: x is not a function", "error"],
    ["npm ERR! code E404", "error"],
    ["npm warn deprecated x", "warn"],
    ["warning: unused variable", "warn"],
    ["error[E0308]: mismatched types", "error"],
    ["E1120 12:00:00.000000 1 main.go:1] no", "error"],
    ["listening on 3000", undefined],
    ["informational text, no errors", undefined],
    ["", undefined],
  ])("of %j is %s", (line, level) => expect(levelOf(line)).toBe(level));
});

describe("a filter of lines", () => {
  const through = (choice: ConstructorParameters<typeof LineFilter>[0], text: string, cut = text.length) => {
    const filter = new LineFilter(choice, false);
    const bytes = Buffer.from(text);
    const parts = [filter.push(bytes.subarray(0, cut)), filter.push(bytes.subarray(cut)), filter.flush()];
    return Buffer.concat(parts).toString();
  };

  test("lets through what matches, however its input is cut", () => {
    const text = "an apple\na pear\nanother apple\nend apple";
    for (let cut = 0; cut <= text.length; cut++)
      expect(through({ grep: "app.e$" }, text, cut)).toBe("an apple\nanother apple\nend apple");
  });

  test("keeps a stack trace with its error", () => {
    const text = "INFO up\nERROR no\n  at a.ts:1\n  at b.ts:2\nready\n  indented\nWARN slow\n";
    expect(through({ level: "error" }, text)).toBe("ERROR no\n  at a.ts:1\n  at b.ts:2\n");
    expect(through({ level: "warn" }, text)).toBe("ERROR no\n  at a.ts:1\n  at b.ts:2\nWARN slow\n");
  });

  test("decides on a line without end by its start, and holds no more than that", () => {
    const text = `ERROR ${"x".repeat(200_000)}\nINFO ${"y".repeat(200_000)}\n`;
    expect(through({ level: "error" }, text, 100_000)).toBe(text.slice(0, text.indexOf("\n") + 1));
  });

  test("is not stalled by a pattern that was made to stall", () => {
    const text = `${"a".repeat(60_000)}!\n`.repeat(20);
    expect(through({ grep: "^(a+)+$" }, text)).toBe("");
  });
});

test("the last lines that match are found among many that do not, and then what follows", async ({
  engine,
}) => {
  const script =
    "for i in 1 2 3 4 5; do echo hit $i; seq 1 2000; done; while [ ! -e go ]; do sleep 0.02; done; echo miss; echo hit 6";
  engine.run({ argv: sh(script) });
  await expect.poll(() => engine.log({ grep: "^hit", tailLines: 2 })).toBe("hit 4\nhit 5\n");
  let seen = "";
  const following = (async () => {
    for await (const chunk of engine.open({ grep: "^hit", tailLines: 1, follow: true, run: 1 }))
      seen += chunk.toString();
  })();
  await expect.poll(() => seen).toBe("hit 5\n");
  engine.run({ argv: ["touch", "go"] }, "other");
  await following;
  expect(seen).toBe("hit 5\nhit 6\n");
  expect(await engine.log({ grep: "^hit", tailLines: 0 })).toBe("");
  expect(await engine.log({ grep: "hit", limitBytes: 7 })).toBe("hit 1\nh");
});

describe("a query of the log subresource", () => {
  test("takes a pattern and a level", () => {
    expect(logOptionsOf({ grep: "(?i)error", level: "Warn" }, "web")).toMatchObject({
      grep: "(?i)error",
      level: "warn",
    });
  });

  test.each([
    [{ grep: "(" }, "grep"],
    [{ grep: "a(?=b)" }, "grep"],
    [{ grep: "x".repeat(1001) }, "grep"],
    [{ level: "loud" }, "level"],
  ])("that is %j is refused, and told what is wrong", (query, field) => {
    expect(() => logOptionsOf(query, "web")).toThrow(
      expect.objectContaining({ code: 422, message: expect.stringContaining(field) }),
    );
  });
});
