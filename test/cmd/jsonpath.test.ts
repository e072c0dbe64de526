import { expect, test } from "vitest";
import { parsePath, parseTemplate, render, valuesAt } from "../../cmd/print/jsonpath/index.ts";

const list = {
  items: [
    { metadata: { name: "a", labels: { "app.kubernetes.io/name": "x" } }, status: { pid: 1, ready: true } },
    { metadata: { name: "b" }, status: { pid: 22, conditions: [{ type: "Ready", status: "False" }] } },
  ],
};
const text = (template: string) => render(parseTemplate(template), list);

test("templates give what kubectl gives", () => {
  expect(text("{.items[*].metadata.name}")).toBe("a b");
  expect(text("{.items[0].status}")).toBe('{"pid":1,"ready":true}');
  expect(text('{range .items[*]}{.metadata.name}{"\\t"}{.status.pid}{"\\n"}{end}')).toBe("a\t1\nb\t22\n");
  expect(text("names: {.items[0,1].metadata['name']}")).toBe("names: a b");
  expect(text("{.items[-1:].metadata.name}{$.items[-2].metadata.name}")).toBe("ba");
  expect(text("{.items[?(@.status.pid>10)].metadata.name}")).toBe("b");
  expect(text('{.items[1].status.conditions[?(@.type=="Ready")].status}')).toBe("False");
  expect(text("{..name}")).toBe("a b");
  expect(text("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}")).toBe("x");
  expect(text("{.items[?(@.status.ready)].metadata.name}")).toBe("a");
  expect(text("{.nothing.at.all}")).toBe("");
});

test("a path may be written with and without braces and dot", () => {
  for (const path of ["{.status.pid}", ".status.pid", "status.pid"]) {
    expect(valuesAt(parsePath(path), list.items[1])).toEqual([22]);
  }
});

test("a template that cannot be read says where", () => {
  expect(() => text("{.items[0")).toThrow("no }");
  expect(() => text("{.items[0}")).toThrow("no ]");
  expect(() => text("{range .items[*]}x")).toThrow("{range} without {end}");
});
