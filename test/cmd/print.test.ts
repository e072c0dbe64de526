import { expect, test } from "vitest";
import { sanitize } from "../../cmd/cli/sanitize.ts";
import { shownText } from "../../cmd/logs/line.ts";
import { Columns } from "../../cmd/print/columns.ts";
import { customColumns } from "../../cmd/print/custom-columns.ts";
import { TablePrinter, type Table } from "../../cmd/print/table.ts";

const columns = [
  { name: "Name", type: "string" },
  { name: "State", type: "string" },
  { name: "Run", type: "integer", priority: 1 },
];
const table = (...cells: unknown[][]): Table => ({
  kind: "Table",
  columnDefinitions: columns,
  rows: cells.map((row) => ({
    cells: row,
    object: {
      apiVersion: "v1",
      kind: "X",
      metadata: { name: "n", namespace: "dev", labels: { b: "2", a: "1" } },
    },
  })),
});

test("columns are at least six wide, three apart, and the last is not padded", () => {
  expect(
    new Columns().format([
      ["A", "B", "C"],
      ["long-name", "b", "c"],
    ]),
  ).toBe("A           B     C\nlong-name   b     c\n");
});

test("later rows stay below earlier ones", () => {
  const printer = new TablePrinter({});
  expect(printer.print(table(["a-long-name", "Running", 1]))).toBe(
    "NAME          STATE\na-long-name   Running\n",
  );
  expect(printer.print({ kind: "Table", rows: table(["b", null, 1]).rows })).toBe(`b${" ".repeat(13)}\n`);
});

test("wide, namespace, labels and the kind of a change are columns of their own", () => {
  const printer = new TablePrinter({
    wide: true,
    withNamespace: true,
    withEvents: true,
    showLabels: true,
    labels: ["a"],
    prefix: "x.tiltish.dev/",
  });
  const text = printer.print(table(["n", "Up", 3]), "ADDED");
  expect(text.split("\n")[0]!.split(/ +/)).toEqual([
    "EVENT",
    "NAMESPACE",
    "NAME",
    "STATE",
    "RUN",
    "A",
    "LABELS",
  ]);
  expect(text.split("\n")[1]!.split(/ +/)).toEqual([
    "ADDED",
    "dev",
    "x.tiltish.dev/n",
    "Up",
    "3",
    "1",
    "a=1,b=2",
  ]);
});

test("a cell is one line, and harmless", () => {
  const text = new TablePrinter({ noHeaders: true }).print(table(["a\nb", "\u001B]0;title\u0007", 1]));
  expect(text).toBe("a...   ^[]0;title^G\n");
});

test("custom columns show what is missing as <none>", () => {
  const print = customColumns("NAME:.metadata.name,PID:.status.pid");
  const object = { apiVersion: "v1", kind: "X", metadata: { name: "web" } };
  expect(print([object])).toBe("NAME   PID\nweb    <none>\n");
  expect(() => customColumns("NAME")).toThrow('not "NAME"');
});

test("colours pass a terminal, other control characters do not", () => {
  expect(sanitize("\u001B[31mred\u001B[0m \u001B[2J\u0007 \u202Eevil")).toBe(
    "\u001B[31mred\u001B[0m ^[[2J^G \\u202eevil",
  );
});

test("a log line keeps its colours to itself, and of a progress bar the last state counts", () => {
  expect(shownText("\u001B[31mred", true)).toBe("\u001B[31mred\u001B[0m");
  expect(shownText("\u001B[31mred\u001B[0m", false)).toBe("red");
  expect(shownText("10%\r50%\r100%", true)).toBe("100%");
});
