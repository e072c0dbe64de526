import { readFile } from "node:fs/promises";
import { format } from "prettier";
import { ALL_KINDS, STORED_KINDS } from "../../apis/index.ts";
import { editorSchemaOf, editorSchemaOfAll } from "./editor.ts";
import { errorsPage } from "./errors.ts";
import { indexPage } from "./indexpage.ts";
import { kindPage } from "./kindpage.ts";
import { manPages } from "./man.ts";
import { pageNameOf } from "./names.ts";

/** Folders in which every file is generated. */
export const GENERATED_FOLDERS = ["docs/reference", "docs/reference/kinds", "schema", "man"];

/** What lies there too, but is written by what runs longer: `npm run conformance`. */
export const WRITTEN_ELSEWHERE: ReadonlySet<string> = new Set(["docs/reference/conformance.md"]);

/** Every generated file: path from the root of the repository → content. The same on every machine. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const files = new Map([
    ["docs/reference/README.md", indexPage(ALL_KINDS)],
    ["docs/reference/errors.md", errorsPage()],
    ["schema/all.json", await json(editorSchemaOfAll(STORED_KINDS))],
  ]);
  for (const kind of ALL_KINDS) files.set(`docs/reference/kinds/${pageNameOf(kind)}`, kindPage(kind));
  // What is stored is what people write into files.
  for (const kind of STORED_KINDS) {
    files.set(`schema/${kind.singular}.json`, await json(editorSchemaOf(kind)));
  }
  const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  for (const [path, page] of manPages(version)) files.set(path, page);
  return files;
}

/** As `npm run format` leaves it. */
const json = (value: object): Promise<string> =>
  format(JSON.stringify(value), { parser: "json", printWidth: 110 });
