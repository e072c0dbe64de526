// A generator that notes when it ran, in the directory that makes it run.
import { mkdirSync, writeFileSync } from "node:fs";

mkdirSync("loop", { recursive: true });
writeFileSync("loop/generated.txt", `${process.hrtime.bigint()}\n`);
