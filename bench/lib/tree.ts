import { linkSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PER_DIRECTORY = 50;

/** A project of that many small source files, and the program that is saved: `app.js`. */
export function plantTree(root: string, files: number): void {
  for (let i = 0; i < files; i++) {
    const directory = join(root, "src", `d${Math.floor(i / PER_DIRECTORY)}`);
    if (i % PER_DIRECTORY === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${i}.js`), `export const number = ${i};\n`);
  }
}

/** The same files again, as hard links: a copy of 100,000 would keep the disk busy for minutes. */
export function plantCopy(from: string, to: string): void {
  for (const directory of readdirSync(join(from, "src"))) {
    const [source, target] = [join(from, "src", directory), join(to, "src", directory)];
    mkdirSync(target, { recursive: true });
    for (const file of readdirSync(source)) linkSync(join(source, file), join(target, file));
  }
}

/** Writes each file anew, with another number in it. @returns How many. */
export function rewriteTree(root: string, round: number): number {
  let count = 0;
  for (const directory of readdirSync(join(root, "src"))) {
    for (const file of readdirSync(join(root, "src", directory))) {
      writeFileSync(join(root, "src", directory, file), `export const number = ${count++}; // ${round}\n`);
    }
  }
  return count;
}

export const appOf = (root: string): string => join(root, "app.js");

/** A server as small as can be: the first thing it does is to note the time, on the clock all processes share. */
export function saveApp(root: string, version: string, port: number): void {
  const text = [
    `const at = process.hrtime.bigint();`,
    `require("node:net").connect(${port}, "127.0.0.1").end("${version} " + at + "\\n");`,
    `setInterval(() => undefined, 60_000);`,
    "",
  ];
  writeFileSync(appOf(root), text.join("\n"));
}
