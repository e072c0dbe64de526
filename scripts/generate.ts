// Writes docs/reference/ and schema/ from the kinds: `npm run generate`. A test compares what is there with this.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { GENERATED_FOLDERS, generatedFiles, WRITTEN_ELSEWHERE } from "./generate/files.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = await generatedFiles();

for (const [name, content] of files) {
  await mkdir(path.dirname(path.join(root, name)), { recursive: true });
  await writeFile(path.join(root, name), content);
}
for (const folder of GENERATED_FOLDERS) await removeStale(folder);
console.log(`${files.size} files written`);

/** Removes what is left of a kind that is gone. */
async function removeStale(folder: string): Promise<void> {
  for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (entry.isFile() && !files.has(name) && !WRITTEN_ELSEWHERE.has(name)) await rm(path.join(root, name));
  }
}
