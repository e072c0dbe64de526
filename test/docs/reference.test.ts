import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { ALL_KINDS, STORED_KINDS } from "../../apis/index.ts";
import { isReadOnly } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { anchorOf } from "../../scripts/generate/markdown.ts";
import { EXAMPLES } from "../../scripts/generate/examples.ts";
import { fullNameOf, pageNameOf } from "../../scripts/generate/names.ts";
import { GENERATED_FOLDERS, generatedFiles, WRITTEN_ELSEWHERE } from "../../scripts/generate/files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = await generatedFiles();

const ajv = new Ajv2020({ strictTypes: true, allErrors: true });
ajv.addFormat("date-time", (text: string) => /T/.test(text) && !Number.isNaN(Date.parse(text)));
ajv.addFormat("regex", (text: string) => new RegExp(text) instanceof RegExp);

const validatorOf = (name: string) => ajv.compile(JSON.parse(files.get(`schema/${name}.json`)!) as object);
const exampleOf = (kind: string) => parse(EXAMPLES[kind] ?? "") as KubeObject;
const whole = validatorOf("all");

describe("the generated files", () => {
  test.each([...files.keys()])("%s is what `npm run generate` writes", async (name) => {
    const written = await readFile(path.join(root, name), "utf8").catch(() => "");
    expect(written === files.get(name), `${name} is stale: run npm run generate`).toBe(true);
  });

  test("nothing is left of a kind that is gone", async () => {
    for (const folder of GENERATED_FOLDERS) {
      const entries = await readdir(path.join(root, folder), { withFileTypes: true });
      const present = entries.filter((entry) => entry.isFile()).map(({ name }) => `${folder}/${name}`);
      expect(present.filter((name) => !files.has(name) && !WRITTEN_ELSEWHERE.has(name))).toEqual([]);
    }
  });

  test("every link of a page leads to a page and a heading", () => {
    const pages = new Map([...files].filter(([name]) => name.endsWith(".md")));
    const places = new Set([...pages].flatMap(([name, content]) => [name, ...headingsOf(name, content)]));
    const links = [...pages].flatMap(([name, content]) => linksOf(name, content));
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((link) => !places.has(link))).toEqual([]);
  });
});

describe.each(STORED_KINDS)("$kind", (kind) => {
  const validate = validatorOf(kind.singular);

  test("has an example that its schema and that of all kinds accept", () => {
    const example = exampleOf(kind.kind);
    expect(validate(example) || validate.errors).toBe(true);
    expect(whole(example) || whole.errors).toBe(true);
  });

  test("refuses a field that it does not know, and a missing name", () => {
    const example = exampleOf(kind.kind);
    expect(validate({ ...example, speck: {} })).toBe(false);
    expect(whole({ ...example, speck: {} })).toBe(false);
    expect(validate({ ...example, metadata: {} })).toBe(false);
  });
});

describe.each(ALL_KINDS)("$kind of group '$group'", (kind) => {
  test("has every field of its spec on its page", () => {
    const page = files.get(`docs/reference/kinds/${pageNameOf(kind)}`)!;
    const { properties } = kind.schema as { properties: Record<string, { properties?: object }> };
    const fields = Object.keys(properties.spec?.properties ?? properties);
    expect(fields.filter((field) => !page.includes(`| \`${field}\``))).toEqual([]);
  });

  test("has an example that its own rules accept, or can only be read", () => {
    const example = EXAMPLES[fullNameOf(kind)];
    expect(example !== undefined).toBe(!isReadOnly(kind));
    if (example === undefined) return;
    const { metadata, ...rest } = parse(example) as KubeObject;
    const object = { ...rest, metadata: { ...metadata, namespace: "default" } } as never;
    expect(kind.validate?.(object) ?? []).toEqual([]);
    expect(kind.validateChange?.(object, undefined) ?? []).toEqual([]);
  });
});

test("an unknown kind is one error, not one for each kind", () => {
  expect(whole({ apiVersion: "tiltish.dev/v1alpha1", kind: "LocalProces", metadata: {} })).toBe(false);
  expect(whole.errors?.map(({ instancePath }) => instancePath)).toEqual(["/kind"]);
});

test("errors of a file of any kind are about its own kind", () => {
  const example = exampleOf("LocalProcess");
  expect(whole({ ...example, spec: { argv: [], demon: true } })).toBe(false);
  const paths = new Set(whole.errors?.map(({ instancePath }) => instancePath));
  expect([...paths].filter((at) => at !== "").toSorted((a, b) => a.localeCompare(b))).toEqual([
    "/spec",
    "/spec/argv",
  ]);
});

function headingsOf(name: string, content: string): string[] {
  return [...content.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => `${name}#${anchorOf(heading!)}`);
}

function linksOf(name: string, content: string): string[] {
  const here = path.posix.dirname(name);
  const text = content.replaceAll(/`[^`\n]*`/g, ""); // patterns may look like links
  return [...text.matchAll(/\]\(([^)#]*)(#[^)]*)?\)/g)].map(
    ([, target, anchor = ""]) => (target ? path.posix.join(here, target) : name) + anchor,
  );
}
