import { readFileSync } from "node:fs";

if (readFileSync("src/greeting.txt", "utf8").trim() === "") {
  console.error("src/greeting.txt: there is nothing in it");
  process.exitCode = 1;
}
