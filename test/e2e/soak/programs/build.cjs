// build.cjs NAME DIRECTORY: notes what the directory holds; fails and dawdles when its message says so.
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { setTimeout: delay } = require("node:timers/promises");
const { alone } = require("./alone.cjs");
const { digestOf } = require("./digest.cjs");

const [, , name, directory] = process.argv;

async function build() {
  alone(name);
  const message = readFileSync(`${directory}/message.txt`, "utf8");
  if (message.includes("BROKEN")) throw new Error(`${directory}/message.txt:1: this is broken`);
  const digest = digestOf(directory);
  if (message.includes("SLOW")) await delay(400);
  mkdirSync("out", { recursive: true });
  writeFileSync(`out/.${name}`, digest);
  renameSync(`out/.${name}`, `out/${name}`);
  console.log(`built ${digest}`);
}

build().catch((error) => {
  console.error(error.message);
  process.exitCode = 3;
});
