import { execFileSync } from "node:child_process";
import type { FileWatchSpec } from "../../../apis/v1alpha1/index.ts";
import { monitorSpecOf } from "../../../controllers/filewatch/spec.ts";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Filter, shownPath, type FilterSpec } from "../../../controllers/filewatch/engine/filter.ts";
import { temporaryDirectory, write } from "./fixture.ts";

const root = "/project";
const filterOf = (spec: Partial<FilterSpec>) => new Filter(root, { defaultIgnores: true, ...spec });
const seen = (spec: Partial<FilterSpec>, path: string) => filterOf(spec).file(join(root, path));
const entered = (spec: Partial<FilterSpec>, path: string) => filterOf(spec).enters(join(root, path));

describe("glob", () => {
  test.each([
    ["src/**/*.ts", "src/a/b.ts", true],
    ["src/**/*.ts", "src/b.ts", true],
    ["src/**/*.ts", "src/b.js", false],
    ["src/**/*.ts", "lib/b.ts", false],
    ["*.{ts,tsx}", "a.tsx", true],
    ["*.ts", "src/a.ts", false],
    ["**/*", ".env", false],
    ["**/.env", "a/.env", true],
    ["../lib/**", "../lib/a", true],
    ["./src/*.ts", "src/a.ts", true],
    ["!**/*.md", "docs/a.md", false],
    ["!**/*.md", "src/a.ts", true],
    ["src/main.ts", "src/main.ts", true],
  ])("%s and the file %s: %s", (glob, path, expected) => expect(seen({ glob }, path)).toBe(expected));

  test("only directories that can hold a match are entered", () => {
    expect(entered({ glob: "src/*.ts" }, "src")).toBe(true);
    expect(entered({ glob: "src/*.ts" }, "src/deep")).toBe(false);
    expect(entered({ glob: "src/**/*.ts" }, "src/deep")).toBe(true);
    expect(entered({ glob: "src/**/*.ts" }, "src/.cache")).toBe(false);
    expect(entered({ glob: "src/**/*.ts" }, "lib")).toBe(false);
  });

  test("a pattern that is too long is refused", () => {
    expect(() => filterOf({ glob: "*".repeat(1001) })).toThrow(/longer than 1000/);
  });
});

describe("ignores", () => {
  const paths = ["."];

  test("FW-3: droppings of editors, .git and node_modules are ignored by default", () => {
    const names = [
      ".git/index",
      ".idea/x.xml",
      "src/.main.ts.swp",
      "4913",
      "main.ts~",
      "#main.ts#",
      ".#main.ts",
    ];
    for (const name of [...names, "a.ts___jb_tmp___", ".a.kate-swp", ".DS_Store", "node_modules/a/b.js"])
      expect([name, seen({ paths }, name)]).toEqual([name, false]);
    expect(seen({ paths, defaultIgnores: false }, "node_modules/a/b.js")).toBe(true);
    for (const name of ["a.ts", ".env", ".github/x.yml", "git/x", "node_modules.ts"])
      expect([name, seen({ paths }, name)]).toEqual([name, true]);
  });

  test("FW-5: everything below an ignored directory is ignored, and the directory is not entered", () => {
    expect(seen({ paths, ignores: ["build"] }, "build/deep/x")).toBe(false);
    expect(entered({ paths, ignores: ["build"] }, "build")).toBe(false);
    expect(entered({ paths, ignores: ["/build/"] }, "src/build")).toBe(true);
  });

  test("FW-16: an exception below an ignored directory is seen, and only the way to it is entered", () => {
    const spec = { paths, ignores: ["a", "!a/b"] };
    expect(seen(spec, "a/x")).toBe(false);
    expect(seen(spec, "a/b/c/x")).toBe(true);
    expect(entered(spec, "a")).toBe(true);
    expect(entered(spec, "a/b")).toBe(true);
    expect(entered(spec, "a/c")).toBe(false);
  });

  test("a later line wins over an earlier one and over the defaults", () => {
    expect(seen({ paths, ignores: ["*.log", "!keep.log"] }, "keep.log")).toBe(true);
    expect(seen({ paths, ignores: ["!keep.log", "*.log"] }, "keep.log")).toBe(false);
    expect(seen({ paths, ignores: ["!node_modules"] }, "node_modules/x.js")).toBe(true);
    expect(seen({ paths, ignores: ["!node_modules/mine"] }, "node_modules/mine/x.js")).toBe(true);
    expect(seen({ paths, ignores: ["!node_modules/mine"] }, "node_modules/other/x.js")).toBe(false);
  });

  test("a path that the spec names is watched even if the defaults would ignore it", () => {
    expect(seen({ paths: ["node_modules/mine"] }, "node_modules/mine/x.js")).toBe(true);
    expect(seen({ paths: ["node_modules/mine"] }, "node_modules/mine/node_modules/x.js")).toBe(false);
  });

  test("an ignore file that is a pipe or a directory has no lines, and is not waited for", () => {
    const directory = temporaryDirectory();
    execFileSync("mkfifo", [join(directory, ".cfignore")]);
    write(directory, { ".dockerignore/docs": "", ".gitignore": "dist" });
    const ignoreFiles = [".cfignore", ".dockerignore", ".gitignore"];
    const filter = new Filter(directory, { paths: ["."], ignoreFiles, defaultIgnores: false });
    expect(filter.file(join(directory, "docs"))).toBe(true);
    expect(filter.file(join(directory, "dist"))).toBe(false);
  });

  test("ignore files apply below their own directory, and ignores of the spec come after them", () => {
    const directory = temporaryDirectory();
    write(directory, { "web/.gitignore": "dist\n# comment\n*.map\n", ".dockerignore": "docs\n" });
    const ignoreFiles = ["web/.gitignore", ".dockerignore"];
    const filter = new Filter(directory, {
      paths,
      ignoreFiles,
      ignores: ["!web/dist/keep"],
      defaultIgnores: true,
    });
    const file = (path: string) => filter.file(join(directory, path));
    expect(file("web/dist/x")).toBe(false);
    expect(file("web/src/x.map")).toBe(false);
    expect(file("dist/x")).toBe(true);
    expect(file("web/dist/keep/x")).toBe(true);
    // Docker binds a plain name to the top directory.
    expect(file("docs/x")).toBe(false);
    expect(file("web/docs/x")).toBe(true);
  });

  test("ignores also hold outside of the root, from the path that is watched on", () => {
    expect(seen({ paths: ["../lib"], ignores: ["*.log"] }, "../lib/a/x.log")).toBe(false);
    expect(shownPath(root, "/lib/x")).toBe("../lib/x");
  });
});

test("the directory that tiltish writes to is never watched, wherever it lies", () => {
  const spec = { paths: ["."] } as FileWatchSpec;
  expect(monitorSpecOf(spec, "/p", "/p/a [1]/state").ignores).toEqual(["/a\\ \\[1\\]/state/"]);
  expect(monitorSpecOf(spec, "/p", "/elsewhere/state").ignores).toBeUndefined();
  expect(monitorSpecOf(spec, "/p", "/p").ignores).toBeUndefined();
});
