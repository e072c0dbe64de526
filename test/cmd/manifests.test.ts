import { expect, test } from "vitest";
import { StatusError } from "../../apis/errors.ts";
import { parseSource } from "../../cmd/manifests/load.ts";
import { refusal } from "../../cmd/manifests/refused.ts";
import { fieldsBeside } from "../../cmd/manifests/schema.ts";

const parse = (text: string) => parseSource({ file: "f.yaml", text });
const TEXT = `apiVersion: tiltish.dev/v1alpha1
kind: LocalProcess
metadata:
  name: web
  labels:
    app.kubernetes.io/name: x
spec:
  argv: [node, "a.js"]
  ports:
    - name: http
      prot: 1
`;

test("fields are found by the paths that the server writes", () => {
  const [{ places }] = parse(TEXT) as [ReturnType<typeof parse>[number]];
  expect(places.of("spec.ports[0].prot")).toEqual({ line: 11, column: 7 });
  expect(places.of("spec.argv[1]")).toEqual({ line: 8, column: 16 });
  expect(places.of("metadata.labels.app.kubernetes.io/name")).toEqual({ line: 6, column: 5 });
  expect(places.of("metadata.labels[app.kubernetes.io/name]")).toEqual({ line: 6, column: 5 });
});

test("what is missing is shown where it should have been", () => {
  const [{ places }] = parse(TEXT) as [ReturnType<typeof parse>[number]];
  expect(places.of("spec.stop.signal")).toEqual({ line: 7, column: 1 });
  expect(places.of("")).toEqual({ line: 1, column: 1 });
});

test("items of a list have places of their own", () => {
  const items = parse(`apiVersion: v1\nkind: List\nitems:\n- ${TEXT.trimEnd().replaceAll("\n", "\n  ")}\n`);
  expect(items).toHaveLength(1);
  expect(items[0]!.places.of("spec.argv")).toEqual({ line: 11, column: 5 });
});

test.each([
  ["kind: x\nspec:\n\ta: b\n", "f.yaml:3:1 tabs can't indent YAML"],
  ["a: 1\na: 2\n", "f.yaml:2:1 Map keys must be unique"],
  ["spec:\n  argv:\n    - a\n     - b\n", "f.yaml:4:6 list item swallowed by the one above?"],
  ["", "f.yaml:1:1 no objects in this file"],
  ["# nothing\n---\n", "f.yaml:1:1 no objects in this file"],
  ["just text\n", "f.yaml:1:1 is not an object"],
  ["[".repeat(2000), "f.yaml:1:1 is nested too deeply"],
])("%j is refused, saying where", (text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test("an unknown field is told at its place, with the field that was meant", async () => {
  const [manifest] = parse(TEXT);
  const error = new StatusError(
    400,
    "BadRequest",
    'strict decoding error: unknown field "spec.ports[0].prot"',
  );
  expect((await refusal(error, manifest!))?.message).toBe(
    'f.yaml:11:7 spec.ports[0].prot: unknown field, did you mean "port"?',
  );
});

test("every cause of a refusal is told at its place, in the order of the file", async () => {
  const [manifest] = parse(TEXT);
  const causes = [
    { field: "spec.ports[0].name", message: "Invalid value" },
    { field: "spec.argv", message: "Required value" },
  ];
  const refused = await refusal(new StatusError(422, "Invalid", "…", { causes }), manifest!);
  expect(refused?.message).toBe(
    "f.yaml:8:3 spec.argv: Required value\nf.yaml:10:7 spec.ports[0].name: Invalid value",
  );
  expect(refused?.exitCode).toBe(2);
});

test("the fields of a kind are known at every depth", () => {
  expect(fieldsBeside("LocalProcess", "spec.enviroment")).toContain("env");
  expect(fieldsBeside("LocalResource", "spec.serveTemplate.ports[0].prot")).toEqual(["name", "port"]);
  expect(fieldsBeside("LocalProcess", "metadata.label")).toContain("labels");
});
